import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holds } from '../../tests/proof/holds.ts';
import { canonicalJson, fingerprintOf, isDeeperThan, parseJson } from './json.ts';

describe('canonicalJson', () => {
  it('is one text for one value, whatever the order of its keys', () => {
    expect(canonicalJson({ b: [1, { d: 1, c: undefined }], a: null })).toBe('{"a":null,"b":[1,{"d":1}]}');
    expect(fingerprintOf({ a: 1, b: 2 })).toBe(fingerprintOf({ b: 2, a: 1 }));
  });

  it('sorts keys that are numbers like all others, as the chain of the audit was always written', () => {
    expect(canonicalJson({ b: { 9: 1, 10: 2, a: 3 }, '': 0 })).toBe('{"":0,"b":{"10":2,"9":1,"a":3}}');
    const keys = fc.oneof(fc.string(), fc.integer().map(String));
    holds(
      fc.property(fc.dictionary(keys, fc.dictionary(keys, fc.nat())), (value) => {
        const entries = Object.keys(value).sort();
        const text = entries.map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key])}`).join(',');
        expect(canonicalJson(value)).toBe(`{${text}}`);
      }),
    );
  });

  it('reads back as the value it was made from', () => {
    holds(
      fc.property(fc.jsonValue(), (value) => {
        const plain: unknown = JSON.parse(JSON.stringify(value));
        expect(JSON.parse(canonicalJson(plain))).toEqual(plain);
      }),
    );
  });
});

describe('parseJson', () => {
  it('refuses keys that reach for a prototype, at any depth', () => {
    for (const key of ['__proto__', 'constructor', 'prototype']) {
      expect(() => parseJson(`{"a":[{"${key}":{}}]}`)).toThrow(SyntaxError);
    }
    expect(() => parseJson('{"\\u005f_proto__":{}}')).toThrow(SyntaxError);
    expect(parseJson('{"a":[1]}')).toEqual({ a: [1] });
  });
});

describe('isDeeperThan', () => {
  it('counts the levels above the deepest value, of any depth', () => {
    expect(isDeeperThan(1, 0)).toBe(false);
    expect(isDeeperThan([], 0)).toBe(false);
    expect(isDeeperThan({ a: 1, b: [2] }, 2)).toBe(false);
    expect(isDeeperThan({ a: 1, b: [2] }, 1)).toBe(true);
    expect(isDeeperThan(JSON.parse('['.repeat(9_000) + ']'.repeat(9_000)), 32)).toBe(true);
  });
});
