import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Breaker } from '#libs/contracts/cell';
import { fromInstant, toInstant } from '#libs/runtime/instant';
import { aTarget } from '#libs/testing/examples';
import { holds } from '../../tests/proof/holds.ts';
import { backOffMs, breakerAt, countAttempt, countSuccess, rateWindow } from './budget.ts';
import { countRequest, emptyCell } from './cell.ts';
import { policyFrom, safetySettingsSchema } from './config.ts';
import type { Policy } from './policy.ts';

const begin = Date.parse('2026-01-01T12:00:00.000Z');
const policies: fc.Arbitrary<Policy> = fc
  .record({
    backOffBaseMs: fc.integer({ min: 0, max: 600_000 }),
    backOffMaxMs: fc.integer({ min: 0, max: 3_600_000 }),
    breakerLimit: fc.integer({ min: 1, max: 5 }),
    breakerOpenMs: fc.integer({ min: 0, max: 7_200_000 }),
    rateLimit: fc.integer({ min: 1, max: 6 }),
    rateWindowMs: fc.integer({ min: 1_000, max: 120_000 }),
  })
  .map((some) => ({ ...policyFrom(safetySettingsSchema.parse({})), ...some }));
/** Instants one after the other. */
const instants = fc
  .array(fc.integer({ min: 0, max: 1_800_000 }), { minLength: 1, maxLength: 20 })
  .map((pauses) => pauses.map((_, at) => begin + pauses.slice(0, at + 1).reduce((a, b) => a + b, 0)));
const closed = { state: 'closed', attempts: [] } as Breaker;

describe('the back-off', () => {
  it('is none when it is set to none, after however many failures', () => {
    const none = { ...policyFrom(safetySettingsSchema.parse({})), backOffBaseMs: 0 };
    expect([1, 1_025, 1_000_000].map((failures) => backOffMs(failures, none))).toEqual([0, 0, 0]);
  });

  it('never gets shorter with more failures, nor longer than its maximum', () => {
    holds(
      fc.property(policies, fc.integer({ min: 1, max: 2_000 }), (policy, failures) => {
        const waits = [failures, failures + 1].map((n) => backOffMs(n, policy));
        expect(waits[1]).toBeGreaterThanOrEqual(waits[0] ?? 0);
        expect(waits[1]).toBeLessThanOrEqual(policy.backOffMaxMs);
      }),
    );
  });
});

describe('the breaker', () => {
  it('remembers the latest attempts, as many as its limit, and none that has left the window', () => {
    holds(
      fc.property(policies, instants, (policy, times) => {
        let breaker = closed;
        for (const [n, at] of times.entries()) {
          breaker = countAttempt(breaker, policy, at);
          const remembered = breaker.attempts.map(fromInstant);
          const recent = times.slice(0, n + 1).filter((each) => each > at - policy.breakerWindowMs);
          expect(remembered).toEqual(recent.slice(-policy.breakerLimit));
        }
      }),
    );
  });

  it('is open exactly from the attempt that reaches the limit, for as long as it is to be', () => {
    holds(
      fc.property(policies, (policy) => {
        let breaker = closed;
        for (let attempt = 1; attempt <= policy.breakerLimit; attempt += 1) {
          expect(breakerAt(breaker, policy, begin + attempt).state).toBe('closed');
          breaker = countAttempt(breaker, policy, begin + attempt);
        }
        const openUntil = begin + policy.breakerLimit + policy.breakerOpenMs;
        if (policy.breakerOpenMs > 0) {
          expect(breakerAt(breaker, policy, openUntil - 1)).toMatchObject({ state: 'open', openUntil });
        }
        expect(breakerAt(breaker, policy, openUntil).state).toBe('half_open');
      }),
    );
  });

  it('never stays open for ever, whatever was counted', () => {
    holds(
      fc.property(policies, instants, fc.infiniteStream(fc.boolean()), (policy, times, luck) => {
        const after = times.reduce(
          (breaker, at) => (luck.next().value ? countSuccess : countAttempt)(breaker, policy, at),
          closed,
        );
        const later = (times.at(-1) ?? begin) + Math.max(policy.breakerOpenMs, policy.breakerWindowMs);
        expect(breakerAt(after, policy, later).state).not.toBe('open');
      }),
    );
  });

  it('is closed and empty after a success, unless it was closed: then it goes on as it was', () => {
    holds(
      fc.property(policies, instants, (policy, times) => {
        const before = times.reduce((breaker, at) => countAttempt(breaker, policy, at), closed);
        const at = (times.at(-1) ?? begin) + 1;
        const wasClosed = breakerAt(before, policy, at).state === 'closed';
        expect(countSuccess(before, policy, at)).toEqual(wasClosed ? before : closed);
      }),
    );
  });
});

describe('the rate', () => {
  it('counts what lies within the window, each request once, and not beyond the limit', () => {
    holds(
      fc.property(policies, instants, fc.infiniteStream(fc.nat(8)), (policy, times, ids) => {
        let cell = emptyCell(aTarget());
        for (const at of times) {
          const before = rateWindow(cell, 'restart', policy, at);
          const id = `00000000-0000-8000-8000-00000000000${ids.next().value}`;
          cell = countRequest(cell, 'restart', id, policy, at);
          const counted = rateWindow(cell, 'restart', policy, at);
          expect(counted.length).toBeLessThanOrEqual(policy.rateLimit);
          expect(new Set(counted.map((each) => each.id)).size).toBe(counted.length);
          expect(counted.every((each) => fromInstant(each.at) > at - policy.rateWindowMs)).toBe(true);
          const isNew = before.length < policy.rateLimit && before.every((each) => each.id !== id);
          expect(counted).toEqual(isNew ? [...before, { id, at: toInstant(at) }] : before);
        }
      }),
    );
  });

  it('of one endpoint is nothing to another', () => {
    holds(
      fc.property(policies, instants, (policy, times) => {
        const cell = times.reduce(
          (before, at, n) => countRequest(before, 'restart', String(n), policy, at),
          emptyCell(aTarget()),
        );
        expect(rateWindow(cell, 'exec', policy, times.at(-1) ?? begin)).toEqual([]);
      }),
    );
  });
});
