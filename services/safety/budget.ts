import type { Breaker, Cell } from '#libs/contracts/cell';
import { fromInstant, toInstant } from '#libs/runtime/instant';
import type { Policy } from './policy.ts';

/** What is left of a target's budgets at `now` (ms since the epoch). All pure. */

export function cooldownUntil(cell: Cell, policy: Policy): number | undefined {
  return cell.cooldown ? fromInstant(cell.cooldown.since) + policy.cooldownMs : undefined;
}

export function backOffUntil(cell: Cell, policy: Policy): number | undefined {
  if (!cell.back_off) return undefined;
  const { since, failures, least_seconds = 0 } = cell.back_off;
  return fromInstant(since) + Math.max(backOffMs(failures, policy), 1_000 * least_seconds);
}

// More would be longer than any maximum; and infinitely many would make of no wait no number.
const mostDoublings = 52;

/** 1 failure waits the base, each further one twice as long, up to the maximum. */
export function backOffMs(failures: number, policy: Policy): number {
  const doublings = Math.min(failures - 1, mostDoublings);
  return Math.min(policy.backOffMaxMs, policy.backOffBaseMs * 2 ** doublings);
}

export type BreakerView =
  | { readonly state: 'closed'; readonly attempts: readonly string[] }
  | { readonly state: 'open'; readonly attempts: readonly string[]; readonly openUntil: number }
  | { readonly state: 'half_open'; readonly attempts: readonly string[] };

/** The breaker as it is at `now`: half-open is an open one whose time is over. */
export function breakerAt(breaker: Breaker, policy: Policy, now: number): BreakerView {
  if (breaker.state === 'open') return openSince(breaker.opened_at, breaker.attempts, policy, now);
  const attempts = within(breaker.attempts, policy, now);
  const last = attempts.at(-1);
  // A limit that was lowered since may have been reached before anybody knew of it.
  return last !== undefined && attempts.length >= policy.breakerLimit
    ? openSince(last, attempts, policy, now)
    : { state: 'closed', attempts };
}

function openSince(since: string, attempts: readonly string[], policy: Policy, now: number): BreakerView {
  const openUntil = fromInstant(since) + policy.breakerOpenMs;
  return now < openUntil ? { state: 'open', attempts, openUntil } : { state: 'half_open', attempts };
}

/** One more attempt that reached Docker and did not verify. */
export function countAttempt(breaker: Breaker, policy: Policy, now: number): Breaker {
  const view = breakerAt(breaker, policy, now);
  const attempts = [...within(breaker.attempts, policy, now), toInstant(now)].slice(-policy.breakerLimit);
  const opens = view.state !== 'closed' || attempts.length >= policy.breakerLimit;
  return opens ? { state: 'open', opened_at: toInstant(now), attempts } : { state: 'closed', attempts };
}

/** A verified remediation closes a half-open breaker; attempts of a closed one go on ageing. */
export function countSuccess(breaker: Breaker, policy: Policy, now: number): Breaker {
  return breakerAt(breaker, policy, now).state === 'closed' ? breaker : { state: 'closed', attempts: [] };
}

function within(attempts: readonly string[], policy: Policy, now: number): string[] {
  return attempts.filter((at) => fromInstant(at) > now - policy.breakerWindowMs);
}

/** The requests of one endpoint that still count at `now`. */
export function rateWindow(cell: Cell, endpoint: string, policy: Policy, now: number): Cell['rate'][string] {
  return (cell.rate[endpoint] ?? []).filter((entry) => fromInstant(entry.at) > now - policy.rateWindowMs);
}
