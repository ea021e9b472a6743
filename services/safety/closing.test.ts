import { expect, it } from 'vitest';
import type { Finished } from '#libs/contracts/facts';
import { toInstant } from '#libs/runtime/instant';
import { aRequested } from '#libs/testing/examples';
import { closingStep } from './closing.ts';

const requested = aRequested({ id: '11111111-1111-4111-8111-111111111111', now: 0 });
const timing = { slackMs: 0, stepMs: 0, quarantineMs: 30_000 };
const stored = <T>(body: T) => ({
  body,
  sequence: 1,
  storedAt: toInstant(0),
  nonce: undefined,
  traceId: undefined,
});

function closingAt(now: number, status: 'unknown' | 'success'): string {
  const finished: Finished = {
    type: 'finished',
    remediation_id: requested.remediation_id,
    at: toInstant(0),
    outcome: 'recovered',
    message: 'Container restarted and running',
    reached_docker: true,
    execution_log: [{ step: 1, action: 'restart', status, result: {} }],
  };
  const record = { requested: stored(requested), steps: [], finished: stored(finished) };
  return closingStep(record, 0, timing, now).kind;
}

it('a plan that went on after a step of which nobody knows keeps its leases through the quarantine all the same', () => {
  expect([closingAt(29_999, 'unknown'), closingAt(30_000, 'unknown')]).toEqual(['wait', 'complete']);
  expect(closingAt(0, 'success')).toBe('complete');
});
