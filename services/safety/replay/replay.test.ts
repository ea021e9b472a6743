import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Cell, Control } from '#libs/contracts/cell';
import type { Complete, Decided, Requested } from '#libs/contracts/facts';
import type { Limits } from '#libs/contracts/limits';
import { type Target, targetId } from '#libs/contracts/target';
import { toInstant } from '#libs/runtime/instant';
import { aRequested, aTarget } from '#libs/testing/examples';
import { holds } from '../../../tests/proof/holds.ts';
import { countRequest, emptyCell, grantLease, noteLimits, settleLease } from '../cell.ts';
import { policyFrom, safetySettingsSchema } from '../config.ts';
import { decide } from '../decide.ts';
import { withReset } from '../operate/reset.ts';
import { seatsOf } from '../seats.ts';
import { refusedAsExpired, refusedOutright } from '../unresolved.ts';
import { atOnce } from './breathe.ts';
import { cellDifferences, controlDifferences } from './difference.ts';
import { type Happening, type History, happeningOfDecided } from './history.ts';
import { rebuilding } from './rebuild.ts';
import { replaying } from './replay.ts';

const start = Date.parse('2026-01-01T12:00:00.000Z');
const policy = policyFrom(safetySettingsSchema.parse({}));
const uuid = (n: number): string => `00000000-0000-8000-8000-${String(n).padStart(12, '0')}`;
const targets = [aTarget('one'), aTarget('two')] as const;

/** One thing that somebody does, or that goes on by itself, some seconds after the one before. */
type Move = { readonly afterMs: number } & (
  | {
      readonly does: 'request';
      readonly target: number;
      readonly confidence: number | undefined;
      readonly kind: 'plain' | 'dry' | 'expired' | 'unknown' | 'protected' | 'glass';
      readonly limits: Limits | undefined;
      /** Its verdict is stated only after the next so many moves. */
      readonly statedLate: number;
    }
  | {
      readonly does: 'end';
      readonly target: number;
      readonly outcome: 'recovered' | 'ineffective' | 'not_applicable';
      /** It is settled only after the next so many moves. */
      readonly settledLate: number;
    }
  | {
      readonly does: 'reset';
      readonly target: number;
      readonly part: 'cooldown' | 'back_off' | 'breaker' | 'rate';
    }
  | { readonly does: 'switch'; readonly on: boolean }
);

/**
 * Safety as it runs, with its races: a lease is in the cell before its verdict is stated, and an end is stated before it
 * is settled. The clock goes on while others decide in between. Only a reset waits for ends that are being settled: which
 * of the two came first in that moment stands in no fact.
 */
function play(moves: readonly Move[]) {
  const cells = new Map<string, Cell>();
  const requests = new Map<string, Requested>();
  const happenings: Happening[] = [];
  let control: Control = { kill_switch: null, maintenance: [] };
  let now = start;
  let sequence = 0;
  let late: { readonly left: number; readonly settles: boolean; readonly run: () => void }[] = [];
  const cellOf = (target: Target) => cells.get(targetId(target)) ?? emptyCell(target);
  const put = (cell: Cell) => cells.set(targetId(cell.target), cell);
  const tell = (happening: (sequence: number) => Happening) => {
    sequence += 1;
    happenings.push(happening(sequence));
  };
  const stated = (decided: Decided) => tell((at) => happeningOfDecided(at, decided));
  const later = (left: number, run: () => void, settles = false) => {
    if (left === 0) run();
    else late.push({ left, settles, run });
  };
  const runLate = (isDue: (each: (typeof late)[number]) => boolean) => {
    const due = late.filter(isDue);
    late = late.filter((each) => !isDue(each));
    for (const { run } of due) run();
  };

  const request = (move: Extract<Move, { does: 'request' }>, n: number): void => {
    const target = targets[move.target] ?? targets[0];
    const kind = move.kind;
    const example = aRequested({
      id: uuid(n),
      target,
      now: kind === 'expired' ? now - 3_600_000 : now,
      dryRun: kind === 'dry',
      protectedBy: kind === 'protected' ? 'a label' : null,
    });
    const { resolution } = example;
    const requested: Requested = {
      ...example,
      ask: { ...example.ask, ...(move.confidence === undefined ? {} : { confidence: move.confidence }) },
      ...(kind === 'glass'
        ? { break_glass: { gates: ['cooldown', 'back_off'], principal: 'ann', reason: 'known' } }
        : {}),
      resolution:
        kind === 'unknown'
          ? { status: 'not_found', message: 'nobody' }
          : resolution.status === 'resolved' && move.limits
            ? { ...resolution, targets: resolution.targets.map((each) => ({ ...each, limits: move.limits })) }
            : resolution,
    };
    requests.set(uuid(n), requested);
    const head = { type: 'decided' as const, remediation_id: uuid(n), at: toInstant(now) };
    const outright = refusedOutright(requested, now) ?? refusedAsExpired(requested, now);
    if (outright) {
      stated(outright);
      return;
    }
    const cell = cellOf(target);
    const verdict = decide(seatsOf(requested, [target], [{ cell, revision: 0 }]), control, policy, now);
    const gates = [...verdict.gates];
    if (kind === 'dry') {
      const would =
        verdict.kind === 'approve'
          ? { would_be: 'approved' as const }
          : { would_be: 'refused' as const, refusal: verdict.refusal };
      const preview = { steps: [] } as unknown as Extract<Decided, { verdict: 'dry_run' }>['preview'];
      later(move.statedLate, () =>
        stated({ ...head, verdict: 'dry_run', outcome: 'dry_run', gates, preview, ...would }),
      );
      return;
    }
    const counted = countRequest(noteLimits(cell, move.limits), 'restart', uuid(n), policy, now);
    if (verdict.kind === 'refuse') {
      put(counted);
      later(move.statedLate, () =>
        stated({ ...head, verdict: 'refused', outcome: 'rejected', gates, ...verdict.refusal }),
      );
      return;
    }
    const grant = { id: uuid(n), gates: [], expires_at: requested.expires_at };
    const held = grantLease(counted, grant, now, now);
    put(held);
    const plan = requested.plan ?? { runbook: 'none', steps: [] };
    const grants = [{ target, epoch: held.epoch }];
    later(move.statedLate, () =>
      stated({ ...head, verdict: 'approved', gates, grants, plan, expires_at: requested.expires_at }),
    );
  };

  const end = (move: Extract<Move, { does: 'end' }>): void => {
    const target = targets[move.target] ?? targets[0];
    const id = cellOf(target).lease?.id;
    const approved = happenings.some((each) => each.kind === 'decided' && each.decision.id === id);
    const ended = happenings.some((each) => each.kind === 'complete' && each.complete.remediation_id === id);
    if (id === undefined || !approved || ended) return;
    const complete: Complete = {
      type: 'complete',
      remediation_id: id,
      at: toInstant(now),
      outcome: move.outcome,
      message: '',
      reached_docker: move.outcome !== 'not_applicable',
      execution_log: [],
      targets: [target],
    };
    tell((at) => ({ kind: 'complete', sequence: at, at: complete.at, complete }));
    const settle = () => put(settleLease(cellOf(target), complete, policy, Date.parse(complete.at)));
    later(move.settledLate, () => void settle(), true);
  };

  const act = (type: 'reset' | 'control', on: readonly string[], asked: Record<string, unknown>): void => {
    const by = { actor: 'ops', reason: 'drill' };
    const happened = { type, at: toInstant(now), ...by, targets: [...on], request: asked };
    tell((at) => ({ kind: 'act', sequence: at, at: happened.at, act: happened }));
  };

  for (const [n, move] of moves.entries()) {
    now += move.afterMs;
    if (move.does === 'request') request(move, n);
    else if (move.does === 'end') end(move);
    else if (move.does === 'reset') {
      runLate(({ settles }) => settles);
      const target = targets[move.target] ?? targets[0];
      act('reset', [targetId(target)], { parts: [move.part] });
      if (cells.has(targetId(target))) put(withReset(cellOf(target), [move.part]));
    } else {
      act('control', [], { kill_switch: move.on ? 'on' : 'off' });
      const thrown = { since: toInstant(now), until: null, actor: 'ops', reason: 'drill' };
      control = { ...control, kill_switch: move.on ? thrown : null };
    }
    runLate(({ left }) => left <= 1);
    late = late.map((each) => ({ ...each, left: each.left - 1 }));
  }
  runLate(() => true);
  const history: History = { requests, happenings };
  return { history, cells, control, now };
}

const target = fc.constantFrom(0, 1);
const someLimits = fc.option(
  fc
    .record({ cooldown_seconds: fc.constantFrom(10, 7_200), max_retries: fc.constantFrom(1, 2) })
    .map((each): Limits => each),
  { nil: undefined },
);
const someMove: fc.Arbitrary<Move> = fc
  .tuple(
    fc.constantFrom(1, 5_000, 61_000, 700_000, 3_601_000),
    fc.oneof(
      {
        weight: 8,
        arbitrary: fc.record({
          does: fc.constant('request' as const),
          target,
          confidence: fc.constantFrom(undefined, 0.5),
          kind: fc.constantFrom(
            ...(['plain', 'plain', 'plain', 'dry', 'expired', 'unknown', 'protected', 'glass'] as const),
          ),
          limits: someLimits,
          statedLate: fc.constantFrom(0, 0, 0, 1, 2),
        }),
      },
      {
        weight: 6,
        arbitrary: fc.record({
          does: fc.constant('end' as const),
          target,
          outcome: fc.constantFrom(
            ...(['recovered', 'ineffective', 'ineffective', 'not_applicable'] as const),
          ),
          settledLate: fc.constantFrom(0, 0, 1, 2),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          does: fc.constant('reset' as const),
          target,
          part: fc.constantFrom(...(['cooldown', 'back_off', 'breaker', 'rate'] as const)),
        }),
      },
      { weight: 1, arbitrary: fc.record({ does: fc.constant('switch' as const), on: fc.boolean() }) },
    ),
  )
  .map(([afterMs, move]) => ({ afterMs, ...move }));
const someMoves = fc.array(someMove, { maxLength: 40 });

const replay = (history: History, other: Partial<typeof policy> = {}, sinceMs = 0) =>
  atOnce(
    replaying(history, {
      before: policy,
      policy: { ...policy, ...other },
      sinceMs,
      untilMs: Number.MAX_SAFE_INTEGER,
    }),
  );

describe('a replay under the same policy', () => {
  it('decides every request of every history as it was decided, wherever it begins', () => {
    holds(
      fc.property(someMoves, fc.integer({ min: 0, max: 10_000_000 }), (moves, sinceMs) => {
        const { history } = play(moves);
        for (const since of [0, start + sinceMs]) {
          const again = replay(history, {}, since);
          expect(again.filter(({ change }) => change !== 'none')).toEqual([]);
        }
        const decisions = history.happenings.filter(({ kind }) => kind === 'decided');
        expect(replay(history)).toHaveLength(decisions.length);
      }),
      { atLeast: 2_000 },
    );
  });
});

describe('a rebuild', () => {
  it('comes to the very cells and controls that all that happened led to', () => {
    holds(
      fc.property(someMoves, (moves) => {
        const { history, cells, control, now } = play(moves);
        const world = atOnce(rebuilding(history, policy));
        const differences = [...new Set([...cells.keys(), ...world.cells.keys()])].flatMap((key) =>
          cellDifferences(
            cells.get(key),
            world.cells.get(key),
            policy,
            { ends: undefined, counts: undefined },
            now,
          ),
        );
        expect([...differences, ...controlDifferences(control, world.control(), undefined)]).toEqual([]);
      }),
      { atLeast: 2_000 },
    );
  });
});

/** What is forgotten is days old: nothing of it happens at the very moment in which something is remembered. */
const inOrder = (move: Move): Move => {
  if (move.does === 'request') return { ...move, statedLate: 0 };
  return move.does === 'end' ? { ...move, settledLate: 0 } : move;
};

describe('a rebuild from facts whose beginning is forgotten', () => {
  it('calls nothing a difference that the forgotten ones may explain', () => {
    holds(
      fc.property(someMoves, fc.nat({ max: 20 }), (moves, forgotten) => {
        const { history, cells, control, now } = play(moves.map(inOrder));
        const happenings = history.happenings.slice(forgotten);
        const gone = new Set(
          history.happenings
            .slice(0, forgotten)
            .flatMap((each) => (each.kind === 'decided' ? [each.decision.id] : [])),
        );
        const requests = new Map([...history.requests].filter(([id]) => !gone.has(id)));
        const world = atOnce(rebuilding({ requests, happenings }, policy));
        const knownFrom =
          Math.max(...history.happenings.slice(0, forgotten).map(({ at }) => Date.parse(at))) + 1;
        const from = Number.isFinite(knownFrom) ? knownFrom : undefined;
        const differences = [...cells.keys()].flatMap((key) => {
          const known = { ends: world.fromTheFirst.has(key) ? undefined : from, counts: from };
          return cellDifferences(cells.get(key), world.cells.get(key), policy, known, now);
        });
        expect([...differences, ...controlDifferences(control, world.control(), from)]).toEqual([]);
      }),
    );
  });
});

describe('a replay under another policy', () => {
  const request = (afterMs: number): Move => ({
    afterMs,
    does: 'request',
    target: 0,
    confidence: undefined,
    kind: 'plain',
    limits: undefined,
    statedLate: 0,
  });
  const end = (outcome: 'recovered' | 'ineffective'): Move => ({
    afterMs: 5_000,
    does: 'end',
    target: 0,
    outcome,
    settledLate: 0,
  });
  const changes = (moves: readonly Move[], other: Partial<typeof policy>, sinceMs = 0) =>
    replay(play(moves).history, other, sinceMs).map(({ change, assumed, wouldBe }) => ({
      change,
      ...(assumed ? { assumed } : {}),
      ...(wouldBe.reason ? { reason: wouldBe.reason } : {}),
    }));
  const hour = 3_600_000;

  it('takes what was never done to have ended like the next remediation of its target', () => {
    const moves = [
      request(0),
      end('recovered'),
      request(600_000),
      request(60_000),
      request(hour),
      end('ineffective'),
    ];
    expect(changes(moves, { cooldownMs: 300_000 })).toEqual([
      { change: 'none' },
      { change: 'approved', assumed: { outcome: 'ineffective', like: uuid(4) } },
      // 60 s after an attempt that took 5 s and did not heal.
      { change: 'other_reason', reason: 'back_off_active' },
      { change: 'none' },
    ]);
  });

  it('does not know how that ended which none followed, and counts it as an attempt', () => {
    const moves = [request(0), end('recovered'), request(600_000), request(10_000)];
    expect(changes(moves, { cooldownMs: 0 })).toEqual([
      { change: 'none' },
      { change: 'approved', assumed: { outcome: 'unknown', like: null } },
      { change: 'other_reason', reason: 'back_off_active' },
    ]);
  });

  it('lets no trace of what it refuses', () => {
    const sure: Move = { ...request(600_000), does: 'request', confidence: 0.5 } as Move;
    const unsure: Move = { ...request(0), does: 'request', confidence: 0 } as Move;
    const moves = [unsure, end('recovered'), sure];
    expect(changes(moves, { minConfidence: 0.4 })).toEqual([
      { change: 'refused', reason: 'low_confidence' },
      { change: 'approved', assumed: { outcome: 'unknown', like: null } },
    ]);
  });

  it('begins with what really was, and tries the other policy from there on', () => {
    const moves = [request(0), end('recovered'), request(600_000), request(600_000)];
    const since = start + 600_000 + 5_000 + 1;
    expect(changes(moves, { cooldownMs: 0 }, since)).toEqual([
      { change: 'approved', assumed: { outcome: 'unknown', like: null } },
    ]);
  });
});
