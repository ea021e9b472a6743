import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holds } from '../../../tests/proof/holds.ts';
import { isConsistent, isIncluded } from './check-proof.ts';
import { createFrontier, emptyTree, grow, rootOf } from './frontier.ts';
import { emptyRoot, leafHash } from './hashes.ts';
import { createProver } from './prover.ts';
import { consistencyRanges, inclusionRanges, type Range } from './ranges.ts';

/** The definitions of RFC 9162 as they stand there, with no thought of speed. */
function naiveRoot(leaves: readonly Buffer[]): Buffer {
  const sha256 = (...parts: readonly Buffer[]) => createHash('sha256').update(Buffer.concat(parts)).digest();
  const [only] = leaves;
  if (only === undefined) return sha256();
  if (leaves.length === 1) return sha256(Buffer.from([0]), only);
  const k = naiveSplit(leaves.length);
  return sha256(Buffer.from([1]), naiveRoot(leaves.slice(0, k)), naiveRoot(leaves.slice(k)));
}
function naivePath(index: number, leaves: readonly Buffer[]): readonly Buffer[] {
  if (leaves.length === 1) return [];
  const k = naiveSplit(leaves.length);
  return index < k
    ? [...naivePath(index, leaves.slice(0, k)), naiveRoot(leaves.slice(k))]
    : [...naivePath(index - k, leaves.slice(k)), naiveRoot(leaves.slice(0, k))];
}
function naiveConsistency(from: number, leaves: readonly Buffer[], whole = true): readonly Buffer[] {
  if (from === leaves.length) return whole ? [] : [naiveRoot(leaves)];
  const k = naiveSplit(leaves.length);
  return from <= k
    ? [...naiveConsistency(from, leaves.slice(0, k), whole), naiveRoot(leaves.slice(k))]
    : [...naiveConsistency(from - k, leaves.slice(k), false), naiveRoot(leaves.slice(0, k))];
}
function naiveSplit(size: number): number {
  return 2 ** Math.floor(Math.log2(size - 1));
}

function proofs(leaves: readonly Buffer[], ranges: readonly Range[]): readonly Buffer[] {
  const prover = createProver(ranges);
  for (const leaf of leaves) prover.frontier.push(leafHash(leaf));
  return prover.proof(ranges).map((hash) => Buffer.from(hash, 'base64'));
}
const sized = (leaves: readonly Buffer[]) => ({ size: leaves.length, root: naiveRoot(leaves) });
const someLeaves = (least: number) =>
  fc.array(
    fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes)),
    {
      minLength: least,
      maxLength: 70,
    },
  );

/** The inputs and roots that implementations of Certificate Transparency are commonly tested with. */
const known = [
  ['', '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d'],
  ['00', 'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125'],
  ['10', 'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77'],
  ['2021', 'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7'],
  ['3031', '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4'],
  ['40414243', '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef'],
  ['5051525354555657', 'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c'],
  ['606162636465666768696a6b6c6d6e6f', '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328'],
] as const;

describe('the tree', () => {
  it('has the roots that others compute', () => {
    const frontier = createFrontier();
    expect(frontier.root().toString('hex')).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
    for (const [leaf, root] of known) {
      frontier.push(leafHash(Buffer.from(leaf, 'hex')));
      expect(frontier.root().toString('hex')).toBe(root);
    }
  });

  it('is the same for a text and for its bytes, and empty without leaves', () => {
    expect(leafHash('Zürich')).toEqual(leafHash(Buffer.from('Zürich')));
    expect(rootOf(emptyTree)).toEqual(emptyRoot);
  });

  it('has the root of its definition, however often it was written down on the way', () => {
    holds(
      fc.property(someLeaves(0), fc.nat(70), (leaves, stop) => {
        const hashes = leaves.map((leaf) => leafHash(leaf));
        const tree = grow(grow(emptyTree, hashes.slice(0, stop)), hashes.slice(stop));
        expect(tree.size).toBe(leaves.length);
        expect(rootOf(tree)).toEqual(naiveRoot(leaves));
      }),
    );
  });

  it('is not read from hashes that are none', () => {
    expect(() => rootOf({ size: 3, hashes: [] })).toThrow(RangeError);
    expect(() => rootOf({ size: 1, hashes: ['AAAA'] })).toThrow(RangeError);
  });
});

describe('a proof of inclusion', () => {
  it('is the one of the definition, and is believed', () => {
    holds(
      fc.property(someLeaves(1), fc.nat(), (leaves, any) => {
        const index = any % leaves.length;
        const proof = proofs(leaves, inclusionRanges(index, leaves.length));
        expect(proof).toEqual(naivePath(index, leaves));
        expect(isIncluded(leafHash(leaves[index] ?? ''), index, sized(leaves), proof)).toBe(true);
      }),
    );
  });

  it('is not believed of another leaf, place, size or root, nor when any of it was changed', () => {
    holds(
      fc.property(
        someLeaves(2),
        fc.nat(),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (leaves, any, at, flip) => {
          const index = any % leaves.length;
          const leaf = leafHash(leaves[index] ?? '');
          const tree = sized(leaves);
          const proof = naivePath(index, leaves);
          expect(isIncluded(leafHash('another'), index, tree, proof)).toBe(false);
          expect(isIncluded(leaf, leaves.length, tree, proof)).toBe(false);
          expect(isIncluded(leaf, -1, tree, proof)).toBe(false);
          expect(isIncluded(leaf, index, tree, proof.slice(1))).toBe(false);
          expect(isIncluded(leaf, index, tree, [...proof, leaf])).toBe(false);
          expect(isIncluded(leaf, index, { ...tree, root: flipped(tree.root, at, flip) }, proof)).toBe(false);
          const place = at % proof.length;
          const changed = proof.with(place, flipped(proof[place] ?? leaf, at, flip));
          expect(isIncluded(leaf, index, tree, changed)).toBe(false);
        },
      ),
    );
  });
});

describe('a proof of consistency', () => {
  it('is the one of the definition, and is believed', () => {
    holds(
      fc.property(someLeaves(1), fc.nat(), (leaves, any) => {
        const from = any % (leaves.length + 1);
        const proof = proofs(leaves, consistencyRanges(from, leaves.length));
        if (from > 0) expect(proof).toEqual(naiveConsistency(from, leaves));
        expect(isConsistent(sized(leaves.slice(0, from)), sized(leaves), proof)).toBe(true);
      }),
    );
  });

  it('is not believed of a tree that does not begin with the earlier one, nor when any of it was changed', () => {
    holds(
      fc.property(
        someLeaves(2),
        fc.nat(),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (leaves, any, at, flip) => {
          const from = 1 + (any % (leaves.length - 1));
          const [earlier, later] = [sized(leaves.slice(0, from)), sized(leaves)];
          const proof = naiveConsistency(from, leaves);
          const other = sized(leaves.slice(0, from).with(at % from, Buffer.from('something else')));
          expect(isConsistent(other, later, proof)).toBe(false);
          expect(isConsistent(later, earlier, proof)).toBe(false);
          expect(isConsistent(earlier, { ...later, root: flipped(later.root, at, flip) }, proof)).toBe(false);
          expect(isConsistent(earlier, later, [...proof, later.root])).toBe(false);
          const place = at % proof.length;
          const changed = proof.with(place, flipped(proof[place] ?? later.root, at, flip));
          expect(isConsistent(earlier, later, changed)).toBe(false);
        },
      ),
    );
  });
});

function flipped(bytes: Buffer, at: number, by: number): Buffer {
  const copy = Buffer.from(bytes);
  const place = at % copy.length;
  copy[place] = (copy[place] ?? 0) ^ by;
  return copy;
}
