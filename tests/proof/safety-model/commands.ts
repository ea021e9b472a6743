import fc from 'fast-check';
import { targetId } from '#libs/contracts/target';
import { toInstant } from '#libs/runtime/instant';
import { type Ask, targets } from './asking.ts';
import type { Both } from './both.ts';

/** One thing that happens to the reference and to the real code. What is compared is compared in `ask`. */
type Command = fc.Command<Both, Both>;

const command = (label: string, run: (both: Both) => void): Command => ({
  check: () => true,
  run: (both) => run(both),
  toString: () => label,
});

/** What no time heals would hide the budgets if it came often. */
const seldom = <T>(value: T, other: T): fc.Arbitrary<T> =>
  fc.oneof({ weight: 9, arbitrary: fc.constant(other) }, { weight: 1, arbitrary: fc.constant(value) });

const onOne = fc.nat(targets.length - 1).map((at) => [at]);
const onAll = fc.constant(targets.map((_, at) => at));
const asks: fc.Arbitrary<Ask> = fc.record({
  on: fc.oneof({ weight: 6, arbitrary: onOne }, { weight: 1, arbitrary: onAll }),
  action: fc.constantFrom('restart', 'restart', 'restart', 'exec', 'start'),
  endpoint: fc.constantFrom('restart', 'restart', 'workflow'),
  principal: seldom('stranger', 'agent'),
  confidence: fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, fc.constantFrom(0.2, 0.5, 0.9)),
  override: fc.oneof(
    { weight: 5, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.subarray(['cooldown', 'back_off', 'breaker', 'rate'] as const) },
  ),
});

const request = asks.map((ask) => command(`ask ${JSON.stringify(ask)}`, (both) => both.ask(ask, false)));
const dryRun = asks.map((ask) => command(`ask dry ${JSON.stringify(ask)}`, (both) => both.ask(ask, true)));

const end = fc
  .tuple(
    fc.nat(3),
    fc.constantFrom(
      'recovered',
      'failed',
      'ineffective',
      'unknown',
      'failed',
      'expired',
      'inconclusive',
      'executed',
    ),
    fc.integer({ min: 0, max: 3 }).map((n) => n > 0),
    fc.boolean(),
    fc.constantFrom(undefined, 0, 7, 900),
  )
  .map(([at, outcome, reached, told, inVain]) =>
    command(`end ${at} ${outcome} reached=${reached} told=${told} in vain=${inVain}`, (both) => {
      // Nothing is verified that never reached the engine.
      both.end(at, { outcome, reached_docker: reached || outcome === 'recovered' }, told, inVain);
    }),
  );

/** To a turn, or to the millisecond before or after it; or just some time. */
const toTurn = fc.tuple(fc.nat(5), fc.constantFrom(-1, 0, 1)).map(([which, off]) =>
  command(`go to turn ${which} ${off} ms`, (both) => {
    const turns = both.turns();
    const turn = turns[which % Math.max(1, turns.length)];
    if (turn !== undefined) both.wait(Math.max(0, turn + off - both.now));
  }),
);
const later = fc
  .integer({ min: 1, max: 7_200_000 })
  .map((ms) => command(`wait ${ms} ms`, (both) => both.wait(ms)));

const reset = fc
  .tuple(fc.nat(targets.length - 1), fc.subarray(['cooldown', 'back_off', 'breaker', 'rate'] as const))
  .map(([at, parts]) =>
    command(`reset ${at} ${parts}`, (both) => {
      for (const part of parts) both.books[at]?.reset(part);
      const target = targets[at];
      if (target) both.real.reset(target, parts);
    }),
  );

const killSwitch = fc
  .constantFrom(undefined, 0, 1, 60_000, ...Array.from({ length: 8 }, () => 'off' as const))
  .map((forMs) =>
    command(`kill switch ${forMs ?? 'on'}`, (both) => {
      if (forMs === 'off') {
        both.control.liftSwitch();
        return both.real.order({ kill_switch: 'off' }, both.now);
      }
      const until = forMs === undefined ? undefined : both.now + forMs;
      both.control.throwSwitch(until);
      const ends = until === undefined ? {} : { until: toInstant(until) };
      both.real.order({ kill_switch: 'on', ...ends }, both.now);
    }),
  );

const maintenance = fc
  .array(
    fc.record({
      in: fc.constantFrom(0, 1, 60_000),
      forMs: fc.constantFrom(1, 60_000, 3_600_000),
      on: fc.subarray(targets.map(targetId)),
    }),
    { maxLength: 2 },
  )
  .map((wanted) =>
    command(`maintenance ${JSON.stringify(wanted)}`, (both) => {
      const windows = wanted.map(({ in: inMs, forMs, on }) => {
        const from = both.now + inMs;
        return { from, until: from + forMs, targets: on };
      });
      both.control.setWindows(windows);
      both.real.order(
        {
          maintenance: windows.map(({ from, until, targets: on }) => ({
            from: toInstant(from),
            until: toInstant(until),
            targets: [...on],
          })),
        },
        both.now,
      );
    }),
  );

const labels = fc
  .tuple(
    fc.nat(targets.length - 1),
    fc.option(
      fc.record(
        {
          cooldown_seconds: fc.constantFrom(0, 5_000),
          max_retries: fc.constantFrom(1, 2, 9),
          min_confidence: fc.constantFrom(0.3, 0.95),
          actions: seldom([], ['restart', 'exec', 'start']),
        },
        { requiredKeys: [] },
      ),
      { nil: undefined },
    ),
    seldom(true, false),
  )
  .map(([at, wishes, isProtected]) =>
    command(`labels of ${at}: ${JSON.stringify(wishes)} protected=${isProtected}`, (both) => {
      both.wishes[at] = wishes;
      both.isProtected[at] = isProtected;
    }),
  );

const renewAndClose = fc.nat(3).map((which) =>
  command(`renew and close ${which}`, (both) => {
    const open = both.open[which % Math.max(1, both.open.length)];
    for (const at of open?.on ?? []) {
      const target = targets[at];
      if (open && target) both.real.renewAndClose(target, open.requested.remediation_id, both.now);
    }
  }),
);

/** Asking and ending come most often, or budgets would never be reached. */
export const commands = [
  request,
  request,
  request,
  end,
  end,
  end,
  toTurn,
  toTurn,
  dryRun,
  later,
  reset,
  killSwitch,
  maintenance,
  labels,
  renewAndClose,
];
