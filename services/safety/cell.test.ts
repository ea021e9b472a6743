import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Cell, cellSchema } from '#libs/contracts/cell';
import type { Complete } from '#libs/contracts/facts';
import { toInstant } from '#libs/runtime/instant';
import { aTarget } from '#libs/testing/examples';
import { holds } from '../../tests/proof/holds.ts';
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

describe('a cell, whatever is done to it', () => {
  const ids = Array.from({ length: 3 }, (_, n) => `00000000-0000-8000-8000-00000000000${n}`);
  type Change = (cell: Cell, id: string, at: number) => Cell;
  const end =
    (outcome: Complete['outcome']): Change =>
    (cell, id, at) =>
      settleLease(cell, { ...failed(id), outcome, reached_docker: outcome !== 'expired' }, policy, at);
  const changes: Readonly<Record<string, Change>> = {
    grant: (cell, id, at) =>
      cell.lease ? cell : grantLease(cell, { id, gates: [], expires_at: toInstant(at) }, at, at),
    renew: (cell, id, at) => renewLease(cell, id, at + 1_000),
    close: closeLease,
    release: (cell, id) => releaseLease(cell, id),
    recovered: end('recovered'),
    unknown: end('unknown'),
    expired: end('expired'),
  };
  const histories = fc.array(
    fc.tuple(fc.constantFrom(...Object.keys(changes)), fc.constantFrom(...ids), fc.nat(10_000_000)),
    { maxLength: 40 },
  );
  /** Calls back with each change of a history. */
  const go = (
    history: readonly (readonly [string, string, number])[],
    look: (before: Cell, after: Cell, id: string, name: string, at: number) => void,
  ): void => {
    let cell = emptyCell(aTarget());
    let at = now;
    for (const [name, id, pauseMs] of history) {
      at += pauseMs;
      const after = changes[name]?.(cell, id, at) ?? cell;
      look(cell, after, id, name, at);
      cell = after;
    }
  };

  it('raises its epoch by one with each grant, and by nothing else', () => {
    holds(
      fc.property(histories, (history) =>
        go(history, (before, after) => {
          const granted = after.lease !== null && before.lease === null;
          expect(after.epoch - before.epoch).toBe(granted ? 1 : 0);
          if (after.lease) expect(after.lease.epoch).toBe(after.epoch);
        }),
      ),
    );
  });

  it('is changed by the holder of its lease alone, once it is held', () => {
    holds(
      fc.property(histories, (history) =>
        go(history, (before, after, id) => {
          if (before.lease !== null && before.lease.id !== id) expect(after).toBe(before);
        }),
      ),
    );
  });

  it('is settled once, however often it is settled', () => {
    holds(
      fc.property(histories, (history) =>
        go(history, (_, after, id, name, at) => {
          if (['recovered', 'unknown', 'expired'].includes(name))
            expect(changes[name]?.(after, id, at)).toBe(after);
        }),
      ),
    );
  });

  it('opens no lease again that is closing', () => {
    holds(
      fc.property(histories, (history) =>
        go(history, (before, after) => {
          if (before.lease?.state === 'closing') expect([null, before.lease]).toContain(after.lease);
        }),
      ),
    );
  });

  it('can be stored and read again as it is', () => {
    holds(
      fc.property(histories, (history) =>
        go(history, (_, after) => {
          expect(cellSchema.parse(JSON.parse(JSON.stringify(after)))).toEqual(after);
        }),
      ),
    );
  });
});
