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

const shuffled = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(shuffled);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, shuffled(member)]),
  );
};

it('one value has one fingerprint, whatever the order of its keys at any depth', () => {
  holds(fc.property(fc.jsonValue(), (value) => fingerprintOf(shuffled(value)) === fingerprintOf(value)));
});

it('different values have different canonical texts', () => {
  holds(
    fc.property(fc.jsonValue(), fc.jsonValue(), (one, two) => {
      const same =
        JSON.stringify(JSON.parse(canonicalJson(one))) === JSON.stringify(JSON.parse(canonicalJson(two)));
      expect(canonicalJson(one) === canonicalJson(two)).toBe(same);
    }),
  );
});

it('JSON from outside never brings a key that could reach a prototype', () => {
  const keys = fc.oneof(
    fc.string(),
    fc.constantFrom('__proto__', 'constructor', 'prototype', '\\u005f_proto__'),
  );
  holds(
    fc.property(fc.array(keys, { minLength: 1, maxLength: 4 }), fc.jsonValue(), (way, end) => {
      const text = way.reduceRight(
        (inner, key) => `{"${key.startsWith('\\u') ? key : JSON.stringify(key).slice(1, -1)}":${inner}}`,
        JSON.stringify(end),
      );
      let read: unknown;
      try {
        read = parseJson(text);
      } catch {
        return;
      }
      expect(canonicalJson(read)).not.toMatch(/"(__proto__|constructor|prototype)":/);
      expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    }),
  );
});
