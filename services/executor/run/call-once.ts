/**
 * Guarantee: the action's calls are made at most once, by whoever claimed the step, under its leases. What comes back
 * says what is known: that it was done, that it was not, or that nobody knows.
 */
import type { EndpointResult } from '#libs/actions/action';
import { EndpointRefusal } from '#libs/actions/endpoint-port';
import { ActionFailed } from '#libs/actions/engine-port';
import type { Details } from '#libs/contracts/scalars';
import { adviceOf, DockerError, saysMissing } from '../docker/docker-error.ts';
import { EndpointError } from '../endpoint/endpoint-error.ts';
import { type Fence, fenced, LeaseLost } from './fence.ts';
import type { Act } from './intent.ts';
import { lookAfter } from './look-after.ts';
import { type Run, Stopping } from './running.ts';

export type Answer =
  | { readonly kind: 'done'; readonly status: EndpointResult['status']; readonly result: Details }
  | { readonly kind: 'not_called'; readonly error: Complaint }
  | {
      readonly kind: 'failed';
      readonly error: Complaint;
      readonly reached: boolean;
      readonly result?: Details;
    }
  | { readonly kind: 'unheard'; readonly error: Complaint };
type Complaint = { readonly code: string; readonly message: string };

export async function callOnce({ context, approved }: Run, intent: Act): Promise<Answer> {
  const fence = fenced(context, approved);
  const timeoutMs = Math.max(context.callTimeoutMs, intent.prepared.settle_seconds * 1_000);
  try {
    return { kind: 'done', ...(await perform(intent, fence, context.bus.clock.deadline(timeoutMs))) };
  } catch (error) {
    const { reached } = fence;
    if (error instanceof Stopping && !reached) throw error;
    if (error instanceof LeaseLost && !(reached && hasSeveralCalls(intent))) {
      const lost = { code: 'lease_lost', message: 'The lease ran out before the step could begin' };
      return reached ? { kind: 'failed', error: lost, reached } : { kind: 'not_called', error: lost };
    }
    if (error instanceof EndpointRefusal) {
      return { kind: 'failed', error: { code: 'endpoint_refused', message: error.message }, reached };
    }
    if (error instanceof ActionFailed) {
      const { code, message, result } = error;
      return { kind: 'failed', error: { code, message }, reached, result };
    }
    if (reached && hasSeveralCalls(intent)) {
      const message = error instanceof Error ? error.message : 'it broke off';
      return { kind: 'unheard', error: { code: 'cut_short', message } };
    }
    if (error instanceof DockerError || error instanceof EndpointError) {
      if (error.kind === 'no_answer') return { kind: 'unheard', error: complaint(error) };
      const seen = await lookAfter(context, intent, error);
      if (!seen) return { kind: 'failed', error: gone(error, intent) ?? complaint(error), reached };
      const { message, now, gone: isGone } = seen;
      const { code } = isGone ?? complaint(error);
      // Who is gone cannot be acted upon any more, and whoever has its name now was not.
      return { kind: 'failed', error: { code, message }, reached: reached && !isGone, result: { now } };
    }
    const { name } = intent.action;
    context.bus.log.error({ err: error, action: name }, 'the action broke while it was carried out');
    const message = `The action ${name} broke while it was carried out; the log of the executor says why`;
    const broken = { code: 'internal', message };
    return reached ? { kind: 'unheard', error: broken } : { kind: 'failed', error: broken, reached };
  }
}

/** Then some may have been made before one went wrong: only looking tells how far it came. */
function hasSeveralCalls({ on, prepared }: Act): boolean {
  return on === 'engine' || (on === 'container' && prepared.calls.length > 1);
}

async function perform(intent: Act, fence: Fence, signal: AbortSignal): Promise<EndpointResult> {
  if (intent.on === 'endpoint') return intent.action.run(fence, intent.prepared, signal);
  if (intent.on === 'engine') return intent.action.run(fence, intent.prepared, signal);
  const result = await intent.action.run(fence, intent.patient, intent.prepared, signal);
  return { status: 'success', result };
}

function gone(error: DockerError | EndpointError, intent: Act): Complaint | undefined {
  if (!(error instanceof DockerError) || intent.on !== 'container') return undefined;
  if (!saysMissing(error, intent.patient.container_id)) return undefined;
  return { code: 'container_not_found', message: `Container not found: ${intent.patient.container_name}` };
}

function complaint(error: DockerError | EndpointError): Complaint {
  if (error instanceof EndpointError) return { code: 'endpoint_unavailable', message: adviceOf(error) };
  const code = error.kind === 'refused' ? 'docker_refused' : 'docker_unavailable';
  return { code, message: adviceOf(error) };
}
