import fc from 'fast-check';
import { expect, it } from 'vitest';
import { holds } from '../../../tests/proof/holds.ts';
import { cursorOf, cursorSchema } from './cursor.ts';

it('a cursor leads to where it was made', () => {
  const sequences = fc.integer({ min: 0, max: 999_999_999_999_999 });
  holds(fc.property(sequences, (sequence) => cursorSchema.parse(cursorOf(sequence)) === sequence));
});

it('any text is a cursor to some place or none, and never a throw', () => {
  const near = fc.string().map((text) => Buffer.from(`before ${text}`).toString('base64url'));
  holds(
    fc.property(fc.oneof(fc.string(), near), (text) => {
      const read = cursorSchema.safeParse(text);
      expect(!read.success || (Number.isSafeInteger(read.data) && read.data >= 0)).toBe(true);
    }),
  );
});
