/**
 * Guarantee: the action's calls are made at most once, by whoever claimed the step, under its leases. What comes back
 * says what is known: that it was done, that it was not, or that nobody knows.
 */
import type { Details } from '#libs/contracts/scalars';
import { adviceOf, DockerError } from '../docker/docker-error.ts';
import { fenced, LeaseLost } from './fence.ts';
import type { Intent } from './intent.ts';
import { type Run, Stopping } from './running.ts';

export type Answer =
  | { readonly kind: 'done'; readonly result: Details }
  | { readonly kind: 'not_called'; readonly error: Complaint }
  | { readonly kind: 'failed'; readonly error: Complaint; readonly reached: boolean }
  | { readonly kind: 'unheard'; readonly error: Complaint };
type Complaint = { readonly code: string; readonly message: string };

export async function callOnce(
  { context, approved }: Run,
  { action, patient, prepared }: Extract<Intent, { kind: 'act' }>,
): Promise<Answer> {
  const engine = fenced(context, approved);
  const timeoutMs = Math.max(context.callTimeoutMs, prepared.settle_seconds * 1_000);
  try {
    const result = await action.run({ engine }, patient, prepared, AbortSignal.timeout(timeoutMs));
    return { kind: 'done', result };
  } catch (error) {
    if (error instanceof Stopping && !engine.reached) throw error;
    if (error instanceof LeaseLost) {
      const lost = { code: 'lease_lost', message: 'The lease ran out before the step could begin' };
      return engine.reached
        ? { kind: 'failed', error: lost, reached: true }
        : { kind: 'not_called', error: lost };
    }
    if (!(error instanceof DockerError)) {
      context.bus.log.error({ err: error, action: action.name }, 'the action broke while it was carried out');
      const message = `The action ${action.name} broke while it was carried out; the log of the executor says why`;
      const broken = { code: 'internal', message };
      return engine.reached
        ? { kind: 'unheard', error: broken }
        : { kind: 'failed', error: broken, reached: false };
    }
    if (error.kind === 'no_answer') return { kind: 'unheard', error: complaint(error) };
    if (error.status === 404) {
      const message = `Container not found: ${patient.container_name}`;
      return { kind: 'failed', error: { code: 'container_not_found', message }, reached: engine.reached };
    }
    return { kind: 'failed', error: complaint(error), reached: engine.reached };
  }
}

function complaint(error: DockerError): Complaint {
  const code = error.kind === 'refused' ? 'docker_refused' : 'docker_unavailable';
  return { code, message: adviceOf(error) };
}
