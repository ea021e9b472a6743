import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holds } from '../../tests/proof/holds.ts';
import { canonicalJson, fingerprintOf, isDeeperThan, parseJson, repeatedName } from './json.ts';

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

describe('repeatedName', () => {
  it.each([
    ['{"a":1,"b":2,"a":3}', 'a'],
    ['{"a":[{"b":{"c":1}},{"b":{"c":1,"c" : 2}}]}', 'a.b.c'],
    ['{"a":1,"\\u0061":2}', 'a'],
    ['{"":1,"":2}', ''],
    ['{"a":{"a":{"a":"\\"a\\":1"}},"b":["a","a","{","\\\\"]}', undefined],
    ['"{\\"a\\":1,\\"a\\":1}"', undefined],
  ])('tells where a name stands twice in one object: %s', (text, where) => {
    JSON.parse(text);
    expect(repeatedName(text)).toBe(where);
  });

  it('finds none in what any value is written as, and always one that was written in', () => {
    holds(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), (value) => {
        const text = JSON.stringify(value, null, 1);
        expect(repeatedName(text)).toBeUndefined();
        const [name = ''] = Object.keys(value);
        expect(repeatedName(`${text.slice(0, -1)},${JSON.stringify(name)}:1}`)).toBe(name);
      }),
    );
  });

  it('takes a text as long as a body may be in its stride', () => {
    for (const filler of ['\\\\', '"', '{', ':', '\\"']) {
      const text = JSON.stringify({ a: filler.repeat(20_000), b: 1 });
      const began = performance.now();
      expect(repeatedName(text)).toBeUndefined();
      expect(performance.now() - began).toBeLessThan(1_000);
    }
  });
});
