import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Cell, Control } from '#libs/contracts/cell';
import type { Complete } from '#libs/contracts/facts';
import { gateNames } from '#libs/contracts/gates';
import { toInstant } from '#libs/runtime/instant';
import { aTarget } from '#libs/testing/examples';
import { holds } from '../../tests/proof/holds.ts';
import { countRequest, emptyCell, grantLease, settleLease } from './cell.ts';
import { policyFrom, safetySettingsSchema } from './config.ts';
import { decide } from './decide.ts';
import { gates } from './gates/catalogue.ts';
import type { Candidate } from './gates/gate.ts';

const now = Date.parse('2026-01-01T12:00:00.000Z');
const hour = 3_600_000;
const policy = policyFrom(safetySettingsSchema.parse({}));
const free: Control = { kill_switch: null, maintenance: [] };
const id = (n: number): string => `00000000-0000-8000-8000-${String(n).padStart(12, '0')}`;
const candidate: Candidate = {
  id: id(1),
  endpoint: 'restart',
  principal: 'anonymous',
  target: aTarget(),
  protectedBy: null,
  limits: undefined,
  actions: ['restart'],
  confidence: undefined,
  diagnostic: false,
  undoes: false,
  override: [],
};
const verdictOn = (cell: Cell, at = now, control = free, who: Partial<Candidate> = {}) =>
  decide([{ cell, candidate: { ...candidate, ...who } }], control, policy, at);
const reasonOn = (...args: Parameters<typeof verdictOn>): string | undefined => {
  const verdict = verdictOn(...args);
  return verdict.kind === 'refuse' ? verdict.refusal.reason : undefined;
};

type End = readonly [
  at: number,
  outcome: 'recovered' | 'ineffective' | 'inconclusive' | 'failed' | 'expired' | 'unknown',
  reached: boolean,
  inVainSeconds?: number,
];

/** A cell after remediations that ended so, each at its instant. */
function cellAfter(...ends: readonly End[]): Cell {
  return ends.reduce((cell, [at, outcome, reached, back_off_seconds], index) => {
    const held = grantLease(cell, { id: id(100 + index), gates: [], expires_at: toInstant(at) }, at, at);
    const complete = {
      type: 'complete' as const,
      remediation_id: id(100 + index),
      at: toInstant(at),
      outcome,
      message: '',
      reached_docker: reached,
      execution_log: [],
      targets: [aTarget()],
      ...(back_off_seconds === undefined
        ? {}
        : { effects: [{ target: aTarget(), verified: false, back_off_seconds }] }),
    };
    return settleLease(held, complete, policy, at);
  }, emptyCell(aTarget()));
}

describe('decide', () => {
  it('approves a request on a fresh target, with a word from every gate', () => {
    const verdict = verdictOn(emptyCell(aTarget()));
    expect(verdict.kind).toBe('approve');
    expect(verdict.gates.map((each) => each.gate)).toEqual([...gateNames]);
  });

  it('lets a target rest for the cooldown after a verified remediation, to the millisecond', () => {
    const cell = cellAfter([now, 'recovered', true]);
    expect(reasonOn(cell, now + hour - 1)).toBe('cooldown_active');
    expect(reasonOn(cell, now + hour)).toBeUndefined();
  });

  it('says how long a cooldown still lasts and from when the request will be allowed', () => {
    const verdict = verdictOn(cellAfter([now - 753_000, 'recovered', true]));
    expect(verdict).toMatchObject({
      refusal: { remaining_seconds: 2_847, allowed_at: '2026-01-01T12:47:27.000Z' },
    });
  });

  it('backs off after an attempt that did not verify, twice as long after the second', () => {
    const once = cellAfter([now, 'ineffective', true]);
    expect(reasonOn(once, now + 59_999)).toBe('back_off_active');
    expect(reasonOn(once, now + 60_000)).toBeUndefined();
    const twice = cellAfter([now - 60_000, 'ineffective', true], [now, 'unknown', true]);
    expect(reasonOn(twice, now + 119_999)).toBe('back_off_active');
    expect(reasonOn(twice, now + 120_000)).toBeUndefined();
  });

  it('backs off at least as long as a target was looked at in vain, also beyond the longest back-off', () => {
    const cell = cellAfter([now, 'inconclusive', true, 700]);
    expect(reasonOn(cell, now + 699_999)).toBe('back_off_active');
    expect(reasonOn(cell, now + 700_000)).toBeUndefined();
  });

  it('opens the breaker for an hour at the third attempt without effect, then lets one probe through', () => {
    const cell = cellAfter(
      [now - 400_000, 'failed', true],
      [now - 200_000, 'ineffective', true],
      [now, 'unknown', true],
    );
    expect(verdictOn(cell, now + 1)).toMatchObject({
      refusal: { reason: 'circuit_breaker_open', retry_count: 3 },
    });
    expect(reasonOn(cell, now + hour - 1)).toBe('circuit_breaker_open');
    expect(reasonOn(cell, now + hour)).toBeUndefined();
  });

  it('opens the breaker again when the probe fails, and closes it when the probe heals', () => {
    const open: readonly End[] = [
      [now - 2 * hour, 'failed', true],
      [now - 2 * hour + 1, 'failed', true],
      [now - 2 * hour + 2, 'failed', true],
    ];
    expect(reasonOn(cellAfter(...open, [now, 'failed', true]), now + hour - 1)).toBe('circuit_breaker_open');
    expect(cellAfter(...open, [now, 'recovered', true]).breaker).toEqual({ state: 'closed', attempts: [] });
  });

  it('forgets attempts that are older than an hour', () => {
    const cell = cellAfter(
      [now - hour, 'failed', true],
      [now - hour + 1, 'failed', true],
      [now, 'failed', true],
    );
    expect(cell.breaker).toMatchObject({ state: 'closed' });
  });

  it('spends no budget on what did not reach Docker', () => {
    expect(cellAfter([now, 'failed', false], [now, 'expired', false])).toMatchObject({
      cooldown: null,
      back_off: null,
      breaker: { attempts: [] },
    });
  });

  it('lets five requests a minute through per endpoint, and counts one id once', () => {
    let cell = emptyCell(aTarget());
    for (const n of [1, 1, 2, 3, 4, 5]) cell = countRequest(cell, 'restart', id(n), policy, now);
    expect(reasonOn(cell, now, free, { id: id(6) })).toBe('rate_limited');
    expect(reasonOn(cell, now, free, { id: id(6), endpoint: 'restart-target-api' })).toBeUndefined();
    expect(reasonOn(cell, now + 60_000, free, { id: id(6) })).toBeUndefined();
  });

  it('refuses while another remediation holds the target, and while one is being closed', () => {
    const held = grantLease(
      emptyCell(aTarget()),
      { id: id(2), gates: [], expires_at: toInstant(now) },
      now,
      now,
    );
    expect(reasonOn(held)).toBe('busy');
    expect(reasonOn(held, now, free, { id: id(2) })).toBeUndefined();
  });

  it('refuses protected targets, denied principals, low confidence, the kill switch and maintenance', () => {
    const cell = emptyCell(aTarget());
    const by = { actor: 'ops', reason: 'change freeze' };
    const until = toInstant(now + 1);
    const window = { from: toInstant(now), until, targets: [], ...by };
    expect(reasonOn(cell, now, free, { protectedBy: 'its label hemostat.protect' })).toBe('protected_target');
    expect(reasonOn(cell, now, { ...free, kill_switch: { since: until, until: null, ...by } })).toBe(
      'kill_switch',
    );
    expect(
      reasonOn(cell, now, { ...free, kill_switch: { since: until, until: toInstant(now), ...by } }),
    ).toBeUndefined();
    expect(reasonOn(cell, now, { ...free, maintenance: [window] })).toBe('maintenance_window');
    expect(reasonOn(cell, now + 1, { ...free, maintenance: [window] })).toBeUndefined();
    const strict = { ...policy, minConfidence: 0.8, deniedPrincipals: ['mallory'] };
    const strictly = (who: Partial<Candidate>) =>
      decide([{ cell, candidate: { ...candidate, ...who } }], free, strict, now);
    expect(strictly({ confidence: 0.79 })).toMatchObject({ refusal: { reason: 'low_confidence' } });
    expect(strictly({ principal: 'mallory' })).toMatchObject({ refusal: { reason: 'not_permitted' } });
    expect(strictly({ confidence: 0.8 }).kind).toBe('approve');
  });

  it('lets a high confidence open no gate', () => {
    expect(reasonOn(cellAfter([now, 'recovered', true]), now + 1, free, { confidence: 1 })).toBe(
      'cooldown_active',
    );
  });

  it('does not let the budgets for changes stop a diagnostic', () => {
    expect(
      reasonOn(cellAfter([now, 'recovered', true]), now + 1, free, { diagnostic: true }),
    ).toBeUndefined();
  });

  it('says of each budget that it runs, and that it stops no diagnostic', () => {
    const failed: End = [now, 'failed', true];
    const rested = cellAfter([now, 'recovered', true]);
    const opened = cellAfter(failed, failed, failed);
    const wordOn = (cell: Cell, name: string) =>
      verdictOn(cell, now + 1, free, { diagnostic: true }).gates.find(({ gate }) => gate === name)?.message;
    expect(wordOn(rested, 'cooldown')).toBe('the target is cooling down; that stops no diagnostic');
    expect(wordOn(opened, 'back_off')).toBe('a back-off is running; that stops no diagnostic');
    expect(wordOn(opened, 'breaker')).toBe('the circuit breaker is open; that stops no diagnostic');
  });

  it('lets what undoes pass the cooldown and says so, but neither a lease, a back-off nor a breaker', () => {
    const undoes = { undoes: true };
    const verdict = verdictOn(cellAfter([now, 'recovered', true]), now + 1, free, undoes);
    expect(verdict.kind).toBe('approve');
    expect(verdict.gates.find(({ gate }) => gate === 'cooldown')?.message).toContain('cooling down, but');
    const grant = { id: id(2), gates: [], expires_at: toInstant(now) };
    const held = grantLease(cellAfter([now - 1, 'recovered', true]), grant, now, now);
    expect(reasonOn(held, now, free, undoes)).toBe('busy');
    const failed: End = [now, 'failed', true];
    expect(reasonOn(cellAfter(failed), now + 1, free, undoes)).toBe('back_off_active');
    expect(reasonOn(cellAfter(failed, failed, failed), now + 1, free, undoes)).toBe('circuit_breaker_open');
  });

  it('lets the most restrictive word win: no end before an end, a later end before an earlier one', () => {
    const cell = cellAfter([now, 'recovered', true]);
    expect(reasonOn(cell, now + 1, free, { protectedBy: 'a label' })).toBe('protected_target');
    const opened = cellAfter([now, 'failed', true], [now, 'failed', true], [now, 'failed', true]);
    expect(reasonOn(opened, now + 1)).toBe('circuit_breaker_open');
  });

  it('refuses exactly when some gate refuses, whatever the cell holds', () => {
    const end = fc.tuple(
      fc.integer({ min: 0, max: 3 * hour }),
      fc.constantFrom<End[1]>('recovered', 'ineffective', 'failed', 'expired', 'unknown'),
      fc.boolean(),
    );
    holds(
      fc.property(fc.array(end, { maxLength: 8 }), fc.integer({ min: 0, max: 4 * hour }), (ends, later) => {
        const ordered = ends.map(([at, ...rest]) => [now + at, ...rest] as const).sort((a, b) => a[0] - b[0]);
        const verdict = verdictOn(cellAfter(...ordered), now + later);
        expect(verdict.gates).toHaveLength(gates.length);
        expect(verdict.kind === 'refuse').toBe(verdict.gates.some((each) => !each.pass));
      }),
    );
  });
});

describe('break glass', () => {
  const cooling = cellAfter([now - 1_000, 'recovered', true]);
  const who = (override: Candidate['override']) => ({ override, principal: 'ann' });

  it('lets pass what it names, and the gate goes on saying what it saw', () => {
    const verdict = verdictOn(cooling, now, free, who(['cooldown']));
    expect(verdict.kind).toBe('approve');
    expect(verdict.gates.find(({ gate }) => gate === 'cooldown')).toMatchObject({
      pass: true,
      overridden: true,
      message: 'overridden by ann: the target was remediated and is cooling down',
      remaining_seconds: 3599,
    });
  });

  it('opens no other gate than the named ones', () => {
    expect(reasonOn(cooling, now, free, who(['breaker', 'rate', 'back_off']))).toBe('cooldown_active');
  });

  it('never opens the kill switch, a protection or a lease', () => {
    const all = who(['cooldown', 'back_off', 'breaker', 'rate']);
    const thrown = { since: toInstant(now), until: null, actor: 'ann', reason: 'freeze' };
    expect(reasonOn(cooling, now, { ...free, kill_switch: thrown }, all)).toBe('kill_switch');
    expect(reasonOn(cooling, now, free, { ...all, protectedBy: 'a label' })).toBe('protected_target');
    const held = grantLease(cooling, { id: id(9), gates: [], expires_at: toInstant(now) }, now + hour, now);
    expect(reasonOn(held, now, free, all)).toBe('busy');
  });
});

describe('settling a remediation of several targets', () => {
  const settle = (effects: Complete['effects']) => {
    const held = grantLease(
      emptyCell(aTarget()),
      { id: id(7), gates: [], expires_at: toInstant(now) },
      now,
      now,
    );
    const complete = {
      type: 'complete' as const,
      remediation_id: id(7),
      at: toInstant(now),
      outcome: 'recovered' as const,
      message: '',
      reached_docker: true,
      execution_log: [],
      targets: [aTarget()],
      ...(effects ? { effects } : {}),
    };
    return settleLease(held, complete, policy, now);
  };

  it('frees a target that nothing was done to, and spends nothing of it', () => {
    expect(settle([])).toEqual({ ...emptyCell(aTarget()), epoch: 1 });
    expect(settle([{ target: aTarget('other'), verified: false }])).toEqual({
      ...emptyCell(aTarget()),
      epoch: 1,
    });
  });

  it('rests what was verified, and counts an attempt on what was not', () => {
    expect(settle([{ target: aTarget(), verified: true }]).cooldown).not.toBeNull();
    expect(settle([{ target: aTarget(), verified: false }])).toMatchObject({
      cooldown: null,
      back_off: { failures: 1 },
      breaker: { attempts: [toInstant(now)] },
    });
  });
});
