import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Problem } from '#libs/contracts/problem';
import { holds } from '../../tests/proof/holds.ts';
import { readJson } from './read-json.ts';

it('reads what JSON.parse reads', () => {
  holds(
    fc.property(fc.json({ maxDepth: 8 }), (text) => {
      fc.pre(!/__proto__|constructor|prototype/.test(text));
      expect(readJson(text)).toEqual(JSON.parse(text));
    }),
  );
});

it('answers any text with a value or with the problem of the body', () => {
  holds(
    fc.property(fc.string({ unit: 'binary-ascii' }), (text) => {
      try {
        readJson(text);
      } catch (error) {
        expect(error).toBeInstanceOf(Problem);
        expect(error).toMatchObject({ code: 'invalid_request', errors: [{ field: 'body' }] });
      }
    }),
  );
});

it('refuses keys that could reach a prototype, at any depth', () => {
  for (const key of ['__proto__', 'constructor', 'prototype']) {
    expect(() => readJson(`{"a":[{"${key}":{"x":1}}]}`)).toThrow(`the key "${key}" is not allowed`);
  }
});

it('refuses nesting that could exhaust the stack of whoever reads it next', () => {
  for (const depth of [40, 1_000, 30_000]) {
    expect(() => readJson('['.repeat(depth) + ']'.repeat(depth))).toThrow('nested');
  }
  expect(readJson('['.repeat(30) + ']'.repeat(30))).toBeDefined();
});
