import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holds } from '../../tests/proof/holds.ts';
import { freshId, idFromInbox, idFromKey } from './ids.ts';
import { remediationIdSchema } from './scalars.ts';

describe('remediation ids', () => {
  it('are the same for the same principal and key, so that a retry meets its first try', () => {
    expect(idFromKey('agent', 'k1')).toBe(idFromKey('agent', 'k1'));
    expect(idFromInbox('S', '2026-01-01T00:00:00Z', 7)).toBe(idFromInbox('S', '2026-01-01T00:00:00Z', 7));
  });

  it('differ when principal, key, stream, its creation or sequence differ', () => {
    const ids = [
      idFromKey('agent', 'k1'),
      idFromKey('agent', 'k2'),
      idFromKey('agentk', '1'),
      idFromKey('a', 'gentk1'),
      idFromInbox('S', '2026-01-01T00:00:00Z', 7),
      idFromInbox('S', '2026-01-01T00:00:00Z', 8),
      idFromInbox('S', '2026-01-02T00:00:00Z', 7),
      freshId(),
      freshId(),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('are UUIDs', () => {
    for (const id of [idFromKey('', ''), idFromInbox('', '', 0), freshId()]) {
      expect(remediationIdSchema.safeParse(id).success).toBe(true);
    }
  });
});

const parts = fc.tuple(fc.string(), fc.string());

it('ids from keys are the same for the same principal and key only, however the two are cut', () => {
  holds(
    fc.property(parts, parts, fc.nat(5), ([principal, key], other, cut) => {
      const shifted = [`${principal}${key.slice(0, cut)}`, key.slice(cut)] as const;
      for (const [p, k] of [other, shifted]) {
        expect(idFromKey(p, k) === idFromKey(principal, key)).toBe(p === principal && k === key);
      }
    }),
  );
});

it('ids are ids, whatever they are made from', () => {
  holds(
    fc.property(parts, fc.nat(), ([one, two], sequence) => {
      for (const id of [idFromKey(one, two), idFromInbox(one, two, sequence)]) {
        expect(remediationIdSchema.safeParse(id).success).toBe(true);
      }
    }),
  );
});
