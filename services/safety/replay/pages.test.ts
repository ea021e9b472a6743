import { describe, expect, it } from 'vitest';
import { toInstant } from '#libs/runtime/instant';
import { aRequested } from '#libs/testing/examples';
import { mostBytes, pageOf } from './pages.ts';
import type { Redecided } from './replay.ts';

const uuid = (n: number): string => `00000000-0000-8000-8000-${String(n).padStart(12, '0')}`;

function redecided(n: number, change: Redecided['change'], message = 'no'): Redecided {
  const at = toInstant(n);
  return {
    sequence: n,
    requested: aRequested({ id: uuid(n), now: n }),
    decision: {
      id: uuid(n),
      at,
      verdict: 'refused',
      dryRun: false,
      refusal: undefined,
      judged: true,
      heldBy: new Map(),
      epochs: new Map(),
    },
    was: { verdict: 'refused', reason: 'busy', message },
    wouldBe: { verdict: 'approved' },
    change,
    gates: [],
    assumed: null,
  };
}
const asked = { show: 'all' as const, limit: 10, after: 0 };

describe('a page of a replay', () => {
  it('holds what was asked for, in the order of the stream, and says where the next begins', () => {
    const all = [3, 1, 2].map((n) => redecided(n, n === 2 ? 'none' : 'approved'));
    const ids = (page: ReturnType<typeof pageOf>) =>
      page.decisions.map(({ remediation_id }) => remediation_id);
    const first = pageOf(all, new Map(), { ...asked, limit: 2 });
    expect({ ids: ids(first), next: first.next }).toEqual({ ids: [uuid(1), uuid(2)], next: 2 });
    const second = pageOf(all, new Map(), { ...asked, after: 2 });
    expect({ ids: ids(second), next: second.next }).toEqual({ ids: [uuid(3)], next: null });
    expect(ids(pageOf(all, new Map(), { ...asked, show: 'changed' }))).toEqual([uuid(1), uuid(3)]);
  });

  it('fits into a message of NATS, however long the reasons are', () => {
    const all = Array.from({ length: 300 }, (_, n) => redecided(n + 1, 'approved', '…'.repeat(2_000)));
    const page = pageOf(all, new Map(), { ...asked, limit: 500 });
    expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThan(mostBytes + 16_384);
    expect(page.decisions.length).toBeGreaterThan(10);
    expect(page.next).toBe(page.decisions.length);
  });
});
