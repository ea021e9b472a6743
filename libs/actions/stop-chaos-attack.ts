import { z } from 'zod';
import type { EndpointAction, Observation } from './action.ts';
import { type EndpointAnswer, type EndpointCall, EndpointRefusal } from './endpoint-port.ts';

/** The id goes into a URL: nothing but these characters, ever. */
export const attackIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, { error: 'is 1 to 64 of letters, digits, "_" and "-"' });
const paramsSchema = z.strictObject({ attack_id: attackIdSchema });
const evidenceSchema = z.object({ attack_id: attackIdSchema });

const callSeconds = 10;
const pollMs = 250;

const attackPath = (id: string): readonly string[] => ['api', 'v1', 'break', 'db_pool', id];
const read = (id: string): EndpointCall => ({ endpoint: 'chaos', method: 'GET', path: attackPath(id) });

/** Asks the chaos server to end an attack, and waits a little for its end: it ends attacks in its own time. */
export const stopChaosAttack: EndpointAction = {
  on: 'endpoint',
  name: 'stop-chaos-attack',
  summary: 'Stop a running chaos attack on the database pool.',
  params: paramsSchema,
  risk: 'low',
  reversible: false,
  diagnostic: false,
  undoes: false,

  concerns: (params) => `chaos/${paramsSchema.parse(params).attack_id}`,

  prepare(params) {
    const { attack_id } = paramsSchema.parse(params);
    return {
      kind: 'ready',
      command: `stop the chaos attack ${attack_id}`,
      calls: [{ endpoint: 'chaos', method: 'POST', path: [...attackPath(attack_id), 'stop'] }],
      notes: ['the chaos server ends an attack in its own time; it is looked at for up to 10 seconds'],
      estimated_downtime_seconds: 0,
      evidence: { attack_id },
      settle_seconds: callSeconds,
    };
  },

  async run({ endpoint }, prepared, signal) {
    const { attack_id } = evidenceSchema.parse(prepared.evidence);
    const [stop] = prepared.calls;
    if (!stop) throw new RangeError('nothing was prepared');
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(callSeconds * 1_000)]);
    const answer = await endpoint.call(stop, bounded);
    if (answer.status === 404) {
      const details = `There is no chaos attack ${attack_id}; it may have ended already`;
      return { status: 'skipped', result: { details } };
    }
    if (answer.status < 200 || answer.status > 299) {
      throw new EndpointRefusal(
        `The chaos server refused to stop the attack ${attack_id} with HTTP ${answer.status}. See its log for the reason.`,
      );
    }
    let last = statusIn(answer);
    const status = last ?? 'cancelling';
    try {
      while (last === undefined || isActive(last)) {
        await endpoint.pause(pollMs, bounded);
        const look = await endpoint.call(read(attack_id), bounded);
        last = look.status === 404 ? 'gone' : (statusIn(look) ?? last);
      }
    } catch {
      // It was asked to stop, and that is what the step is for; how far it is by now is only told.
    }
    if (isUntouched(last)) {
      throw new EndpointRefusal(
        `The attack ${attack_id} was asked to stop and is still ${last} after ${callSeconds} s. See the log of the chaos server for the reason.`,
      );
    }
    return {
      status: 'success',
      result: { status, details: sayHowFar(attack_id, last), attack_status: last ?? null },
    };
  },

  async observe({ endpoint }, evidence, signal): Promise<Observation> {
    const { attack_id } = evidenceSchema.parse(evidence);
    const answer = await endpoint.call(read(attack_id), signal);
    const status = answer.status === 404 ? 'gone' : statusIn(answer);
    if (status === undefined) {
      return { kind: 'not_seen_yet', message: `the chaos server answers with HTTP ${answer.status}` };
    }
    if (isUntouched(status)) {
      return { kind: 'not_seen_yet', message: `the attack ${attack_id} is still ${status}` };
    }
    // On its way to the end is what asking for it brings about.
    const details = isActive(status)
      ? `Chaos attack ${attack_id} was asked to stop and is ${status}`
      : `Chaos attack ${attack_id} does not run any more`;
    return { kind: 'happened', result: { status, details } };
  },
};

function sayHowFar(id: string, last: string | undefined): string {
  if (last === undefined) {
    return `Chaos attack ${id} was asked to stop; the chaos server does not say how far it is`;
  }
  return isActive(last)
    ? `Chaos attack ${id} was asked to stop and is still ${last}`
    : `Chaos attack ${id} stopped`;
}

function isActive(status: string | undefined): boolean {
  return isUntouched(status) || status === 'cancelling' || status === 'stopping';
}

function isUntouched(status: string | undefined): boolean {
  return status === 'running' || status === 'pending';
}

function statusIn({ body }: EndpointAnswer): string | undefined {
  const parsed = z.object({ status: z.string().max(100) }).safeParse(body);
  return parsed.success ? parsed.data.status : undefined;
}
