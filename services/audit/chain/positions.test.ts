import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AuditPosition } from '#libs/contracts/audit-head';
import { toInstant } from '#libs/runtime/instant';
import { holds } from '../../../tests/proof/holds.ts';
import { closeGap, nowhere, place } from './positions.ts';

const time = (sequence: number, hours = 0): string => toInstant(1e12 + hours * 3_600_000 + sequence * 1_000);

type Message = readonly [sequence: number, storedAt: string];
const plain = (sequences: readonly number[]): Message[] => sequences.map((n) => [n, time(n)]);

/** What would be appended, and what is known afterwards. */
function hear(messages: readonly Message[], from: AuditPosition = nowhere) {
  let position = from;
  const appended: number[] = [];
  const kinds: string[] = [];
  for (const [sequence, storedAt] of messages) {
    const placed = place(position, sequence, storedAt);
    kinds.push(placed.kind);
    if (placed.kind !== 'known') appended.push(sequence);
    position = placed.position;
  }
  return { position, appended, kinds };
}

describe('the position in a stream', () => {
  it('takes each message once, in whatever order and however often it comes', () => {
    const deliveries = fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 120 });
    holds(
      fc.property(deliveries, (sequences) => {
        const { appended, position } = hear(plain(sequences));
        expect(appended).toEqual([...new Set(sequences)]);
        const missing = position.gaps.flatMap(({ from, to }) =>
          Array.from({ length: to - from + 1 }, (_, at) => from + at),
        );
        const all = Array.from({ length: position.last }, (_, at) => at + 1);
        expect(missing.sort((a, b) => a - b)).toEqual(all.filter((n) => !sequences.includes(n)));
      }),
    );
  });

  it('knows what came even when it was put down and read again', () => {
    const { position } = hear(plain([1, 2, 5, 3]));
    const again: AuditPosition = JSON.parse(JSON.stringify(position));
    expect(hear(plain([1, 2, 3, 5]), again).appended).toEqual([]);
    expect(hear(plain([4, 6, 4]), again).appended).toEqual([4, 6]);
  });

  it('takes messages of a stream that began again, though their sequences were used', () => {
    const { position } = hear(plain([1, 2, 3, 4, 5]));
    const later: Message[] = [1, 2, 3].map((n) => [n, time(n, 1)]);
    expect(hear(later, position)).toMatchObject({ appended: [1, 2, 3] });
    expect(hear([...later, ...later], position).appended).toEqual([1, 2, 3]);
  });

  it('takes them in any order, too, and nothing from before again', () => {
    const { position } = hear(plain([1, 2, 3, 4, 5, 6, 7, 8]));
    const kept = plain([1, 2, 3]);
    const anew: Message[] = [4, 5, 6].map((n) => [n, time(n, 1)]);
    const orders = fc.shuffledSubarray([...kept, ...anew], { minLength: 6 });
    holds(
      fc.property(orders, (order) => {
        const { appended } = hear(order, position);
        expect(appended.toSorted()).toEqual([4, 5, 6]);
      }),
    );
  });

  it('still waits for what was missing before the stream lost its end', () => {
    const { position } = hear(plain([1, 3, 4, 5]));
    expect(hear([[4, time(4, 1)], ...plain([2, 1])], position).appended).toEqual([4, 2]);
  });

  it('does not take a clock that was rounded differently for a new stream', () => {
    const { position } = hear(plain([1, 2]));
    expect(place(position, 2, toInstant(Date.parse(time(2)) + 1)).kind).toBe('known');
  });

  it('waits no more for what will never come', () => {
    const { position } = hear(plain([10]));
    const closed = closeGap(position, 1, 5);
    expect(closed.gaps).toEqual([{ from: 6, to: 9, after: null }]);
    expect(hear(plain([3, 7]), closed).appended).toEqual([7]);
    expect(closeGap(closed, 1, 5)).toBe(closed);
  });
});
