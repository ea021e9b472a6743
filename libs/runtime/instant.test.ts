import fc from 'fast-check';
import { expect, test } from 'vitest';
import { holds } from '../../tests/proof/holds.ts';
import { fromInstant, toInstant } from './instant.ts';
import { latestInstant } from './latest-instant.ts';

const at = Date.UTC(2024, 10, 2, 19, 45, 30, 123);

test('an instant is written in UTC with milliseconds', () => {
  expect(toInstant(at)).toBe('2024-11-02T19:45:30.123Z');
  expect(toInstant(0)).toBe('1970-01-01T00:00:00.000Z');
});

test('every instant that is written reads back as itself', () => {
  const yearsZeroTo9999 = { min: Date.parse('0000-01-01T00:00:00Z'), max: Date.UTC(9999, 11, 31) };
  holds(fc.property(fc.integer(yearsZeroTo9999), (ms) => fromInstant(toInstant(ms)) === ms));
});

test.each([
  '2024-11-02T19:45:30.123Z',
  '2024-11-02T19:45:30.123456Z',
  '2024-11-02T19:45:30.123999999Z',
  '2024-11-02T19:45:30.123456',
  '2024-11-02 19:45:30.123',
  '2024-11-02t19:45:30.123z',
  '2024-11-02T21:15:30.123+01:30',
  '2024-11-02T14:45:30.123-0500',
])('%s is one and the same instant', (text) => {
  expect(fromInstant(text)).toBe(at);
});

test('a short fraction counts from the left', () => {
  expect(fromInstant('1970-01-01T00:00:01.5')).toBe(1500);
  expect(fromInstant('1970-01-01T00:00:01')).toBe(1000);
});

test.each([
  '',
  'now',
  '1730576730',
  '2024-11-02',
  '2024-11-02T19:45',
  '2024-13-02T19:45:30Z',
  '2024-02-30T19:45:30Z',
  '2024-11-02T24:00:00Z',
  '2024-11-02T19:45:60Z',
  '2024-11-02T19:45:30+25:00',
  '2024-11-02T19:45:30 UTC',
  ' 2024-11-02T19:45:30Z',
  '2024-11-02T19:45:30Z\n',
])('%j is refused, with an example of what would do', (text) => {
  expect(() => fromInstant(text)).toThrow(/is not a timestamp like 2024-11-02T19:45:30.123Z/);
});

const someTime = fc.integer({ min: 0, max: Date.UTC(9999, 0) });

test('instants stand in the order of their texts', () => {
  holds(
    fc.property(
      someTime,
      someTime,
      (a, b) => Math.sign(a - b) === (toInstant(a) < toInstant(b) ? -1 : toInstant(a) > toInstant(b) ? 1 : 0),
    ),
  );
});

test('a zone moves an instant by itself and by nothing else', () => {
  const two = (n: number): string => String(n).padStart(2, '0');
  holds(
    fc.property(
      someTime,
      fc.integer({ min: 0, max: 23 }),
      fc.integer({ min: 0, max: 59 }),
      fc.boolean(),
      (ms, hours, minutes, east) => {
        const local = toInstant(ms).slice(0, -1);
        const shiftMs = (east ? -1 : 1) * (hours * 60 + minutes) * 60_000;
        expect(fromInstant(`${local}${east ? '+' : '-'}${two(hours)}:${two(minutes)}`)).toBe(ms + shiftMs);
      },
    ),
  );
});

test('any text is an instant or a RangeError', () => {
  const near = fc.stringMatching(
    /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(\.\d{1,12})?(Z|[+-]\d{2}:?\d{2})?$/,
  );
  holds(
    fc.property(fc.oneof(fc.string(), near), (text) => {
      try {
        expect(Number.isInteger(fromInstant(text))).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
      }
    }),
  );
});

test('the latest instant is one of them, and none is later', () => {
  holds(
    fc.property(fc.array(fc.option(someTime)), (times) => {
      const known = times.filter((ms) => ms !== null);
      const latest = latestInstant(times.map((ms) => (ms === null ? null : toInstant(ms))));
      expect(latest).toBe(known.length === 0 ? null : toInstant(Math.max(...known)));
    }),
  );
});
