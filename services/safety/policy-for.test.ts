import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Cell } from '#libs/contracts/cell';
import { type Limits, limitsSchema } from '#libs/contracts/limits';
import { toInstant } from '#libs/runtime/instant';
import { aTarget } from '#libs/testing/examples';
import { holds } from '../../tests/proof/holds.ts';
import { emptyCell, grantLease, noteLimits, settleLease } from './cell.ts';
import { policyFrom, safetySettingsSchema } from './config.ts';
import { decide } from './decide.ts';
import type { Candidate } from './gates/gate.ts';
import type { Policy } from './policy.ts';
import { policyFor } from './policy-for.ts';

const now = Date.parse('2026-01-01T12:00:00.000Z');
const hour = 3_600_000;
const settings = policyFrom(safetySettingsSchema.parse({}));
const id = (n: number): string => `00000000-0000-8000-8000-${String(n).padStart(12, '0')}`;

const someLimits: fc.Arbitrary<Limits> = fc
  .record(
    {
      cooldown_seconds: fc.integer({ min: 0, max: 10_000 }),
      max_retries: fc.integer({ min: 1, max: 6 }),
      min_confidence: fc.double({ min: 0, max: 1, noNaN: true }),
      actions: fc.subarray(['restart', 'exec', 'stop']),
      unreadable: fc.constant('hemostat.cooldown is "soon"'),
    },
    { requiredKeys: [] },
  )
  .map((limits) => limitsSchema.parse(limits));
const somePolicy: fc.Arbitrary<Policy> = fc
  .record({
    cooldownMs: fc.integer({ min: 0, max: 2 * hour }),
    breakerLimit: fc.integer({ min: 1, max: 6 }),
    minConfidence: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map((some) => ({ ...settings, ...some }));
const someEnds = fc.array(
  fc.record({
    at: fc.integer({ min: 0, max: 3 * hour }),
    outcome: fc.constantFrom('recovered' as const, 'failed' as const),
  }),
  { maxLength: 8 },
);

function candidate(who: Partial<Candidate>): Candidate {
  return {
    id: id(1),
    endpoint: 'restart',
    principal: 'ann',
    target: aTarget(),
    protectedBy: null,
    limits: undefined,
    actions: ['restart'],
    confidence: undefined,
    override: [],
    diagnostic: false,
    undoes: false,
    ...who,
  };
}

function settled(cell: Cell, end: { at: number; outcome: 'recovered' | 'failed' }, policy: Policy): Cell {
  const at = now + end.at;
  const held = grantLease(cell, { id: id(2), gates: [], expires_at: toInstant(at) }, at, at);
  const complete = {
    type: 'complete' as const,
    remediation_id: id(2),
    at: toInstant(at),
    outcome: end.outcome,
    message: '',
    reached_docker: true,
    execution_log: [],
    targets: [aTarget()],
  };
  return settleLease(held, complete, policy, at);
}

const free = { kill_switch: null, maintenance: [] };

describe('labels on a target', () => {
  it('make no member of the policy looser, whatever they say', () => {
    holds(
      fc.property(somePolicy, someLimits, (policy, limits) => {
        const own = policyFor(policy, limits);
        expect(own.cooldownMs).toBeGreaterThanOrEqual(policy.cooldownMs);
        expect(own.breakerLimit).toBeLessThanOrEqual(policy.breakerLimit);
        expect(own.breakerLimit).toBeGreaterThanOrEqual(1);
        expect(own.minConfidence).toBeGreaterThanOrEqual(policy.minConfidence);
        const { cooldownMs, breakerLimit, minConfidence } = policy;
        expect({ ...own, cooldownMs, breakerLimit, minConfidence }).toEqual(policy);
      }),
    );
  });

  it('let nothing through that would be refused without them, whatever happened before', () => {
    const confidence = fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined });
    holds(
      fc.property(
        somePolicy,
        someLimits,
        someEnds,
        confidence,
        fc.integer({ min: 0, max: 4 * hour }),
        (policy, limits, ends, stated, later) => {
          const ordered = ends.toSorted((a, b) => a.at - b.at);
          const cell = ordered.reduce((each, end) => settled(each, end, policy), emptyCell(aTarget()));
          const verdict = (known: Limits | undefined) => {
            const who = candidate({ limits: known, confidence: stated });
            return decide([{ cell, candidate: who }], free, policy, now + later).kind;
          };
          if (verdict(undefined) === 'refuse') expect(verdict(limits)).toBe('refuse');
        },
      ),
    );
  });

  it('lower the number of attempts at which the breaker opens, also for attempts of before', () => {
    const failed = { at: 0, outcome: 'failed' as const };
    const limits = { max_retries: 1 };
    const atOnce = settled(noteLimits(emptyCell(aTarget()), limits), failed, settings);
    expect(atOnce.breaker).toMatchObject({ state: 'open' });
    const before = settled(emptyCell(aTarget()), failed, settings);
    const later = now + 11 * 60_000;
    const verdict = decide([{ cell: before, candidate: candidate({ limits }) }], free, settings, later);
    expect(verdict).toMatchObject({ refusal: { reason: 'circuit_breaker_open', retry_count: 1 } });
    expect(decide([{ cell: before, candidate: candidate({}) }], free, settings, later).kind).toBe('approve');
  });

  it.each([
    [{ actions: ['exec'] }, 'its label hemostat.actions allows only exec, not restart'],
    [{ actions: [] }, 'its label hemostat.actions allows no action, not restart'],
    [{ unreadable: 'hemostat.cooldown is "soon", not seconds' }, 'hemostat.cooldown is "soon", not seconds'],
  ])('forbid what they do not allow, and everything when they cannot be read: %j', (limits, message) => {
    const verdict = decide(
      [{ cell: emptyCell(aTarget()), candidate: candidate({ limits }) }],
      free,
      settings,
      now,
    );
    expect(verdict).toMatchObject({
      refusal: { reason: 'forbidden_by_label', message: expect.stringContaining(message) },
    });
  });

  it('allow an action that they name, written with "_" or "-"', () => {
    const who = candidate({ limits: { actions: ['scale-up', 'update_resources'] }, actions: ['scale_up'] });
    expect(decide([{ cell: emptyCell(aTarget()), candidate: who }], free, settings, now).kind).toBe(
      'approve',
    );
  });
});
