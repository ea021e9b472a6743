import { describe, expect, it } from 'vitest';
import type { Cell } from '#libs/contracts/cell';
import type { Complete } from '#libs/contracts/facts';
import { toInstant } from '#libs/runtime/instant';
import { aTarget } from '#libs/testing/examples';
import { closeLease, emptyCell, grantLease, releaseLease, renewLease, settleLease } from './cell.ts';
import { policyFrom, safetySettingsSchema } from './config.ts';

const now = Date.parse('2026-01-01T12:00:00.000Z');
const policy = policyFrom(safetySettingsSchema.parse({}));
const [mine, other] = [
  '00000000-0000-8000-8000-000000000001',
  '00000000-0000-8000-8000-000000000002',
] as const;
const held = (id: string = mine): Cell =>
  grantLease(emptyCell(aTarget()), { id, gates: [], expires_at: toInstant(now) }, now + 1_000, now);
const failed = (id: string = mine): Complete => ({
  type: 'complete',
  remediation_id: id,
  at: toInstant(now),
  outcome: 'failed',
  message: '',
  reached_docker: true,
  execution_log: [],
  targets: [aTarget()],
});

describe('a lease', () => {
  it('is granted under an epoch that was never granted before, also after it was given back', () => {
    const again = grantLease(
      releaseLease(held(), mine),
      { id: other, gates: [], expires_at: toInstant(now) },
      now,
      now,
    );
    expect([held().lease?.epoch, again.lease?.epoch]).toEqual([1, 2]);
  });

  it('is settled once: a second settling changes nothing, and counts nothing', () => {
    const once = settleLease(held(), failed(), policy, now);
    expect(once).toMatchObject({ lease: null, back_off: { failures: 1 } });
    expect(settleLease(once, failed(), policy, now)).toBe(once);
  });

  it('is left alone by the end of another remediation', () => {
    const cell = held(other);
    expect(settleLease(cell, failed(mine), policy, now)).toBe(cell);
    expect(releaseLease(cell, mine)).toBe(cell);
    expect(closeLease(cell, mine, now)).toBe(cell);
    expect(renewLease(cell, mine, now + 5_000)).toBe(cell);
  });

  it('cannot be renewed once it is closing, and its closing keeps its first instant', () => {
    const closing = closeLease(held(), mine, now);
    expect(closing.lease).toMatchObject({ state: 'closing', closing_at: toInstant(now) });
    expect(renewLease(closing, mine, now + 60_000)).toBe(closing);
    expect(closeLease(closing, mine, now + 60_000)).toBe(closing);
  });

  it('is never renewed to an earlier deadline', () => {
    const cell = held();
    expect(renewLease(cell, mine, now)).toBe(cell);
    expect(renewLease(cell, mine, now + 5_000).lease?.deadline_at).toBe(toInstant(now + 5_000));
  });
});
