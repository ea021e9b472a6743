import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holds } from '../../tests/proof/holds.ts';
import { givenInstantSchema } from './scalars.ts';

describe('an instant that somebody gives', () => {
  it.each([
    ['2020-01-01T00:00:00Z', '2020-01-01T00:00:00.000Z'],
    ['2020-01-01t00:00:00z', '2020-01-01T00:00:00.000Z'],
    ['2020-01-01T00:00:00.5+02:00', '2019-12-31T22:00:00.500Z'],
    ['2020-01-01T00:00:00.123456789Z', '2020-01-01T00:00:00.123Z'],
    ['2024-11-02T19:45:30.123456', '2024-11-02T19:45:30.123Z'],
    ['2024-11-02 19:45:30', '2024-11-02T19:45:30.000Z'],
  ])('%s comes out as %s', (given, meant) => {
    expect(givenInstantSchema.parse(given)).toBe(meant);
  });

  it.each([
    'soon',
    '2020-02-30T00:00:00Z',
    '2020-02-30T00:00:00',
    '2020-01-01',
    '9999-12-31T23:59:59-01:00',
    5,
  ])('is refused with an example when it is %s', (given) => {
    expect(givenInstantSchema.safeParse(given).error?.issues[0]?.message).toContain('2026-01-31T12:00:00Z');
  });
});

it('any text is an instant in our own form or a complaint, never a throw', () => {
  const near = fc.stringMatching(
    /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?([Zz]|[+-]\d{2}:\d{2})?$/,
  );
  holds(
    fc.property(fc.oneof(fc.string(), near), (text) => {
      const read = givenInstantSchema.safeParse(text);
      expect(!read.success || new Date(read.data).toISOString() === read.data).toBe(true);
    }),
  );
});
