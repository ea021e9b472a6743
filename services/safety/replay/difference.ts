import type { Cell, Control } from '#libs/contracts/cell';
import { canonicalJson } from '#libs/contracts/json';
import type { Difference } from '#libs/contracts/replay';
import { fromInstant } from '#libs/runtime/instant';
import { rateWindow } from '../budget.ts';
import { emptyCell } from '../cell.ts';
import type { Policy } from '../policy.ts';

type Part = Difference['part'];
type Found = Omit<Difference, 'target'>;

/** From when on the facts tell everything about a target; undefined: from its very beginning. Milliseconds since the epoch. */
export type KnownFrom = number | undefined;

/** From when on all is known of leases and what they left, and of requests that were counted. */
export type Known = { readonly ends: KnownFrom; readonly counts: KnownFrom };

/** In what a cell is not as the facts say. Instants that are past and count no more are left out. `now` in ms. */
export function cellDifferences(
  live: Cell | undefined,
  rebuilt: Cell | undefined,
  policy: Policy,
  { ends: knownFrom, counts }: Known,
  now: number,
): readonly Found[] {
  const some = live ?? rebuilt;
  if (!some) return [];
  const left = live ?? emptyCell(some.target);
  const right = rebuilt ?? emptyCell(some.target);
  const unknown = (instant: string | undefined): boolean =>
    knownFrom !== undefined && instant !== undefined && fromInstant(instant) < knownFrom;
  return [
    ...epochDifference(left, right),
    ...(unknown(left.lease?.granted_at) ? [] : compare('lease', leaseOf(left), leaseOf(right))),
    ...(unknown(left.cooldown?.since) ? [] : compare('cooldown', left.cooldown, right.cooldown)),
    ...(unknown(left.back_off?.since)
      ? []
      : compare('back_off', backOffOf(left, knownFrom), backOffOf(right, knownFrom))),
    ...(knownFrom === undefined
      ? compare('breaker', breakerOf(left, policy, now), breakerOf(right, policy, now))
      : missingAttempt(left, right, policy, now)),
    ...compare('rate', ratesOf(left, policy, counts, now), ratesOf(right, policy, counts, now)),
    ...(counts === undefined ? compare('limits', left.limits ?? null, right.limits ?? null) : []),
  ];
}

/** A breaker may be what it is because of attempts that are forgotten; but the last known one must have been counted. */
function missingAttempt(live: Cell, rebuilt: Cell, policy: Policy, now: number): readonly Found[] {
  const last = rebuilt.breaker.attempts.at(-1);
  if (last === undefined || fromInstant(last) <= now - policy.breakerWindowMs) return [];
  const healedSince = live.cooldown !== null && live.cooldown.since >= last;
  if (healedSince || live.breaker.attempts.includes(last)) return [];
  return compare('breaker', live.breaker, rebuilt.breaker);
}

/** In what the controls are not as the facts say. */
export function controlDifferences(live: Control, rebuilt: Control, knownFrom: KnownFrom): readonly Found[] {
  // An order that is too old to be known may still hold.
  const set = (value: unknown): boolean => value !== null && canonicalJson(value) !== '[]';
  const known = (value: unknown): boolean => knownFrom === undefined || set(value);
  return (['kill_switch', 'maintenance'] as const).flatMap((part) =>
    known(rebuilt[part]) ? compare(part, live[part], rebuilt[part]) : [],
  );
}

/** A lease that was taken and given back unused leaves a higher epoch. A lower one would be granted twice. */
function epochDifference(live: Cell, rebuilt: Cell): readonly Found[] {
  if (live.epoch >= rebuilt.epoch) return [];
  const message = 'the next lease would have a number that was granted before';
  return [{ part: 'epoch', live: live.epoch, rebuilt: rebuilt.epoch, message }];
}

function compare(part: Part, live: unknown, rebuilt: unknown): readonly Found[] {
  if (canonicalJson({ value: live }) === canonicalJson({ value: rebuilt })) return [];
  return [
    { part, live, rebuilt, message: `the ${names[part]} in the KV is not the one that the facts tell` },
  ];
}

const names: Readonly<Record<Part, string>> = {
  epoch: 'epoch',
  lease: 'lease',
  cooldown: 'cooldown',
  back_off: 'back-off',
  breaker: 'circuit breaker',
  rate: 'count of requests',
  limits: 'reading of the labels',
  kill_switch: 'kill switch',
  maintenance: 'list of maintenance windows',
};

/** Its deadline moves with signs of life, which are no part of what is decided. */
function leaseOf({ lease }: Cell): unknown {
  return lease && { remediation_id: lease.id, epoch: lease.epoch };
}

/** How many attempts failed before the oldest known fact is not known. */
function backOffOf({ back_off }: Cell, knownFrom: KnownFrom): unknown {
  return knownFrom === undefined ? back_off : (back_off?.since ?? null);
}

function breakerOf({ breaker }: Cell, policy: Policy, now: number): unknown {
  if (breaker.state === 'open') return breaker;
  const counted = breaker.attempts.filter((at) => fromInstant(at) > now - policy.breakerWindowMs);
  return { state: 'closed', attempts: counted };
}

function ratesOf(cell: Cell, policy: Policy, knownFrom: KnownFrom, now: number): unknown {
  const windows = Object.keys(cell.rate).map((endpoint) => {
    const window = rateWindow(cell, endpoint, policy, now);
    return [endpoint, window.filter(({ at }) => fromInstant(at) >= (knownFrom ?? 0))] as const;
  });
  return Object.fromEntries(windows.filter(([, window]) => window.length > 0));
}
