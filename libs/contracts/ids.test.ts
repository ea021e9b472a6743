import { describe, expect, it } from 'vitest';
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
