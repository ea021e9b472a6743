import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, fingerprintOf } from '#libs/contracts/json';
import { holds } from '../../../tests/proof/holds.ts';
import { type Draft, genesis, readLine, seal, whyNotAfter } from './seal.ts';

const draft: Draft = {
  timestamp: '2026-01-01T00:00:00.000Z',
  stream: 'HEMOSTAT',
  sequence: 1,
  event: 'requested',
  result: { b: 1, a: [{ d: 'ü\ud800', c: null }] },
};
const bytes = (text: string): Buffer => Buffer.from(text);

describe('a sealed record', () => {
  it('carries the SHA-256 of the canonical JSON of all the rest, the hash before it included', () => {
    const { record, line } = seal(draft, genesis);
    const { hash, ...rest } = record;
    expect(hash).toBe(fingerprintOf(rest));
    expect(line).toBe(canonicalJson(record));
    expect(record).toMatchObject({ n: 1, prev: genesis.hash });
  });

  it('comes back from its line whatever its content', () => {
    const unit = fc.constantFrom(...'ab_"\\/\0\n\u2028üß漢', '😀', '\ud800', '\udc00');
    const content = fc.dictionary(fc.string({ unit }), fc.jsonValue({ maxDepth: 3 }), {
      maxKeys: 5,
    });
    holds(
      fc.property(content, (result) => {
        fc.pre(!/proto|constructor/.test(JSON.stringify(result)));
        const read = readLine(bytes(seal({ ...draft, result }, genesis).line));
        expect(read).toMatchObject({ record: { n: 1 } });
      }),
      { each: 300 },
    );
  });

  it('is read only as it was written, to the byte', () => {
    const { line } = seal(draft, genesis);
    expect(readLine(bytes(line))).toMatchObject({ record: { n: 1 } });
    for (const other of [
      ` ${line}`,
      `${line}\r`,
      `\ufeff${line}`,
      line.replace('"n":1', '"n":1.0'),
      '',
      '{}',
    ])
      expect(readLine(bytes(other))).toHaveProperty('why');
  });

  it('shows when any bit of its line was flipped', () => {
    const original = bytes(seal(draft, genesis).line);
    holds(
      fc.property(fc.nat(original.length - 1), fc.nat(7), (at, bit) => {
        const flipped = Buffer.from(original);
        flipped[at] = (flipped[at] ?? 0) ^ (1 << bit);
        expect(readLine(flipped)).toHaveProperty('why');
      }),
      { atLeast: 2_000 },
    );
  });
});

describe('the place in the chain', () => {
  const first = seal(draft, genesis).record;

  it('is right only behind the record that it names', () => {
    const second = seal(draft, first).record;
    expect(whyNotAfter(first, second)).toBeUndefined();
    expect(whyNotAfter({ n: 1, hash: 'other' }, second)).toContain('does not continue record 1');
    expect(whyNotAfter(genesis, second)).toContain('record 1 is missing before record 2');
    expect(whyNotAfter({ n: 0, hash: genesis.hash }, { n: 5, prev: '' })).toContain(
      'records 1 to 4 are missing',
    );
    expect(whyNotAfter(second, second)).toContain('moved, repeated or inserted');
  });
});
