/**
 * Guarantee: nothing is called here. Whether a step took effect that was claimed, and whose end was never told, is
 * found by looking at the patient until its effect can no longer come.
 */
import type { Observation } from '#libs/actions/action';
import { actionNamed } from '#libs/actions/catalogue';
import type { Executed, Started } from '#libs/contracts/facts';
import type { ContainerReading } from '#libs/contracts/rpc';
import { fromInstant } from '#libs/runtime/instant';
import { DockerError } from '../docker/docker-error.ts';
import { EndpointError } from '../endpoint/endpoint-error.ts';
import { readingOfContainer, readingOfTarget } from '../reading.ts';
import type { EngineView } from '../view.ts';
import { type ExecutorContext, pause } from './running.ts';

export type Found = Pick<Executed, 'status' | 'reached_docker' | 'observed' | 'result' | 'error'>;

const lookEveryMs = 250;
const lookWithinMs = 5_000;
/** An engine that is being started again gets this long to answer at all. */
const engineBackMs = 15_000;

export async function observe(context: ExecutorContext, started: Started): Promise<Found> {
  const { clock } = context.bus;
  const settleMs = started.settle_seconds * 1_000;
  const beganAt = clock.now();
  // A clock that runs ahead elsewhere must not make this wait longer than the step itself may take.
  const settledAt = Math.min(fromInstant(started.at), beganAt) + settleMs;
  let seen: Observation | undefined;
  let restComesBy = 0;
  for (;;) {
    seen = (await look(context, started)) ?? seen;
    if (seen?.kind === 'happened') return happened(seen);
    const now = clock.now();
    // Whoever gives up a call that a slow engine is in the middle of would leave its rest to the next one's time.
    if (seen?.kind === 'half_done' && seen.goesOn) restComesBy ||= now + context.callTimeoutMs + settleMs;
    const untilMs = Math.max(settledAt, restComesBy, seen ? 0 : beganAt + engineBackMs);
    if (now >= untilMs) return concluded(seen);
    await pause(context, Math.min(lookEveryMs, untilMs - now));
  }
}

/** Undefined while the engine or the endpoint cannot be asked. */
async function look(context: ExecutorContext, started: Started): Promise<Observation | undefined> {
  const action = actionNamed(started.action);
  if (!action) return { kind: 'not_seen_yet', message: `this executor knows no action ${started.action}` };
  try {
    if (action.on === 'container') {
      return action.observe(started.evidence, await readingOf(context.view, started));
    }
    if (action.on === 'engine') return await action.observe(context.view.engine, started.evidence);
    const ports = { endpoint: context.endpoints };
    return await action.observe(ports, started.evidence, context.bus.clock.deadline(lookWithinMs));
  } catch (error) {
    if (error instanceof DockerError || error instanceof EndpointError) return undefined;
    throw error;
  }
}

async function readingOf(
  view: EngineView,
  { evidence, target }: Started,
): Promise<ContainerReading | undefined> {
  const { container_id: id, service_id } = evidence;
  if (typeof id === 'string') return readingOfContainer(view, id);
  const service = typeof service_id === 'string' ? { id: service_id, version: 0 } : undefined;
  return readingOfTarget(view, target, service && { containers: [], service });
}

function happened({ result }: Extract<Observation, { kind: 'happened' }>): Found {
  return { status: 'success', reached_docker: true, observed: true, result };
}

function concluded(seen: Exclude<Observation, { kind: 'happened' }> | undefined): Found {
  if (seen?.kind === 'half_done') {
    const message = `Begun but not brought to its end: ${seen.message}`;
    return { ...nothing, status: 'failed', error: { code: 'half_done', message }, result: seen.result ?? {} };
  }
  const what = seen?.message ?? 'whoever knows cannot be asked';
  const message = `Nobody knows whether it was done: ${what}. Look at the target before asking again.`;
  return { ...nothing, status: 'unknown', error: { code: 'outcome_unknown', message } };
}

const nothing = { reached_docker: true, observed: true, result: {} };
