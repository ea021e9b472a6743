import fc from 'fast-check';
import { expect, test } from 'vitest';
import { holds } from '../../tests/proof/holds.ts';
import { fromInstant, toInstant } from './instant.ts';

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
