import type { Cell, Lease } from '#libs/contracts/cell';
import type { Complete, Effect } from '#libs/contracts/facts';
import { canonicalJson } from '#libs/contracts/json';
import type { Limits } from '#libs/contracts/limits';
import { type Target, targetId } from '#libs/contracts/target';
import { toInstant } from '#libs/runtime/instant';
import { countAttempt, countSuccess, rateWindow } from './budget.ts';
import type { Policy } from './policy.ts';
import { policyFor } from './policy-for.ts';

/** Every change that a target's cell can go through. All pure: the cell comes in, the next one comes out. */

export function emptyCell(target: Target): Cell {
  return {
    target,
    epoch: 0,
    lease: null,
    cooldown: null,
    back_off: null,
    breaker: { state: 'closed', attempts: [] },
    rate: {},
  };
}

/** Grants the lease under the next epoch. Only to be stored at the revision that was decided on. */
export function grantLease(
  cell: Cell,
  grant: Pick<Lease, 'id' | 'gates' | 'expires_at'>,
  deadline: number,
  now: number,
): Cell {
  const epoch = cell.epoch + 1;
  const lease: Lease = {
    ...grant,
    epoch,
    state: 'held',
    granted_at: toInstant(now),
    deadline_at: toInstant(deadline),
  };
  return { ...cell, epoch, lease };
}

/** Puts the deadline later on a sign of progress. Unchanged unless the lease is `id`'s and still held. */
export function renewLease(cell: Cell, id: string, deadline: number): Cell {
  if (cell.lease?.id !== id || cell.lease.state !== 'held') return cell;
  const deadlineAt = toInstant(deadline);
  return deadlineAt <= cell.lease.deadline_at
    ? cell
    : { ...cell, lease: { ...cell.lease, deadline_at: deadlineAt } };
}

/** From here on no call may begin under this lease. Unchanged unless it is `id`'s and still held. */
export function closeLease(cell: Cell, id: string, now: number): Cell {
  if (cell.lease?.id !== id || cell.lease.state !== 'held') return cell;
  return { ...cell, lease: { ...cell.lease, state: 'closing', closing_at: toInstant(now) } };
}

/** Gives a lease back that nothing was done under. Unchanged unless it is `id`'s. */
export function releaseLease(cell: Cell, id: string): Cell {
  return cell.lease?.id === id ? { ...cell, lease: null } : cell;
}

/** Keeps what the labels ask for now, so that the end of a remediation is counted under them. */
export function noteLimits(cell: Cell, limits: Limits | undefined): Cell {
  const { limits: known, ...rest } = cell;
  if (known === undefined && limits === undefined) return cell;
  if (canonicalJson(known ?? {}) === canonicalJson(limits ?? {})) return cell;
  return limits ? { ...rest, limits } : rest;
}

/** Counts a request against its endpoint's rate: once per id, and not beyond the limit. */
export function countRequest(cell: Cell, endpoint: string, id: string, policy: Policy, now: number): Cell {
  const window = rateWindow(cell, endpoint, policy, now);
  if (window.length >= policy.rateLimit || window.some((entry) => entry.id === id)) return cell;
  return { ...cell, rate: { ...cell.rate, [endpoint]: [...window, { id, at: toInstant(now) }] } };
}

/**
 * The end of a remediation, from its terminal fact alone: clears the lease and spends the budget in one step.
 * Unchanged unless the lease is this remediation's, so that settling twice is settling once.
 */
export function settleLease(cell: Cell, complete: Complete, policy: Policy, now: number): Cell {
  if (cell.lease?.id !== complete.remediation_id) return cell;
  const free: Cell = { ...cell, lease: null };
  const own = policyFor(policy, cell.limits);
  const effect = effectOn(cell.target, complete);
  if (effect === undefined) return free;
  if (effect.verified) {
    return {
      ...free,
      cooldown: { since: toInstant(now), remediation_id: complete.remediation_id },
      back_off: null,
      breaker: countSuccess(cell.breaker, own, now),
    };
  }
  return {
    ...free,
    back_off: {
      since: toInstant(now),
      failures: (cell.back_off?.failures ?? 0) + 1,
      ...(effect.back_off_seconds === undefined ? {} : { least_seconds: effect.back_off_seconds }),
    },
    breaker: countAttempt(cell.breaker, own, now),
  };
}

/** What came of one target; undefined: nothing. Facts that do not tell it mean all their targets alike. */
function effectOn(target: Target, complete: Complete): Effect | undefined {
  if (complete.effects) return complete.effects.find((each) => targetId(each.target) === targetId(target));
  const verified = complete.outcome === 'recovered';
  return verified || spendsAttempt(complete) ? { target, verified } : undefined;
}

/** Only what reached Docker and did not verify spends an attempt. */
export function spendsAttempt(complete: Pick<Complete, 'outcome' | 'reached_docker'>): boolean {
  const unverified = ['failed', 'ineffective', 'inconclusive', 'unknown'].includes(complete.outcome);
  return unverified && complete.reached_docker;
}

export const resetters = {
  cooldown: (cell: Cell): Cell => ({ ...cell, cooldown: null }),
  back_off: (cell: Cell): Cell => ({ ...cell, back_off: null }),
  breaker: (cell: Cell): Cell => ({ ...cell, breaker: { state: 'closed', attempts: [] } }),
  rate: (cell: Cell): Cell => ({ ...cell, rate: {} }),
} as const;
