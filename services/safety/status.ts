import type { Cell } from '#libs/contracts/cell';
import type { CellStatus } from '#libs/contracts/rpc';
import { targetId } from '#libs/contracts/target';
import { toInstant } from '#libs/runtime/instant';
import { backOffUntil, breakerAt, cooldownUntil } from './budget.ts';
import type { Policy } from './policy.ts';
import { policyFor } from './policy-for.ts';

/** A cell as a person reads it: what is running under its labels, until when, and the raw cell beside it. `now` in ms. */
export function statusOf(cell: Cell, revision: number, general: Policy, now: number): CellStatus {
  const policy = policyFor(general, cell.limits);
  const breaker = breakerAt(cell.breaker, policy, now);
  const backOff = running(backOffUntil(cell, policy), now);
  return {
    target: targetId(cell.target),
    revision,
    lease: cell.lease && {
      remediation_id: cell.lease.id,
      epoch: cell.lease.epoch,
      state: cell.lease.state,
      deadline_at: cell.lease.deadline_at,
    },
    cooldown: running(cooldownUntil(cell, policy), now),
    back_off: backOff && { ...backOff, failures: cell.back_off?.failures ?? 0 },
    breaker: {
      state: breaker.state,
      retry_count: breaker.attempts.length,
      limit: policy.breakerLimit,
      open_until: breaker.state === 'open' ? toInstant(breaker.openUntil) : null,
    },
    cell,
  };
}

function running(
  until: number | undefined,
  now: number,
): { until: string; remaining_seconds: number } | null {
  if (until === undefined || until <= now) return null;
  return { until: toInstant(until), remaining_seconds: Math.ceil((until - now) / 1_000) };
}
