import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, fingerprintOf, parseJson } from './json.ts';

describe('canonicalJson', () => {
  it('is one text for one value, whatever the order of its keys', () => {
    expect(canonicalJson({ b: [1, { d: 1, c: undefined }], a: null })).toBe('{"a":null,"b":[1,{"d":1}]}');
    expect(fingerprintOf({ a: 1, b: 2 })).toBe(fingerprintOf({ b: 2, a: 1 }));
  });

  it('reads back as the value it was made from', () => {
    fc.assert(
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
