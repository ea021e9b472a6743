import type { EndpointAction, Observation, Prepared } from './action.ts';
import { type EndpointCall, type EndpointName, EndpointRefusal, endpointSettings } from './endpoint-port.ts';

type Order = {
  readonly endpoint: EndpointName;
  readonly command: string;
  readonly body: EndpointCall['body'];
  readonly notes?: readonly string[];
};

const settleSeconds = 10;

/** One POST to the address that a setting names. What it comes to is the endpoint's own word. */
export function preparePost({ endpoint, command, body, notes = [] }: Order): Prepared<EndpointCall> {
  return {
    kind: 'ready',
    command,
    calls: [{ endpoint, method: 'POST', path: [], ...(body ? { body } : {}) }],
    notes,
    estimated_downtime_seconds: 0,
    evidence: { endpoint },
    settle_seconds: settleSeconds,
  };
}

/**
 * For `run`: any 2xx is a success, anything else a refusal. `done` says in words what was done; the endpoint's own
 * answer is kept only when it cannot hold a secret.
 */
export function postOnce(done: string, answerIs: 'kept' | 'secret'): EndpointAction['run'] {
  return async ({ endpoint }, prepared, signal) => {
    const [call] = prepared.calls;
    if (!call) throw new RangeError('nothing was prepared');
    const { status, body } = await endpoint.call(call, signal);
    if (status < 200 || status > 299) {
      throw new EndpointRefusal(
        `The endpoint of ${endpointSettings[call.endpoint]} refused with HTTP ${status}. See its log for the reason.`,
      );
    }
    const answer = answerIs === 'kept' && body !== undefined ? { answer: body } : {};
    return { status: 'success', result: { details: done, http_status: status, ...answer } };
  };
}

/** For `observe`: a call that is only made, and of which nothing can be read afterwards. */
export async function cannotBeSeen(): Promise<Observation> {
  return { kind: 'not_seen_yet', message: 'the endpoint cannot be asked whether the call took effect' };
}
