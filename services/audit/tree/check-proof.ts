import { nodeHash } from './hashes.ts';

/** A root, and how many leaves are below it. */
export type Sized = { readonly size: number; readonly root: Buffer };

/** RFC 9162 section 2.1.3.2: is this the leaf number `index` (from 0) of the tree with that root? */
export function isIncluded(
  leaf: Buffer,
  index: number,
  { size, root }: Sized,
  proof: readonly Buffer[],
): boolean {
  if (!isIndex(index) || index >= size) return false;
  let [first, last, hash] = [index, size - 1, leaf];
  for (const part of proof) {
    if (last === 0 || part.length !== 32) return false;
    if (isOdd(first) || first === last) {
      hash = nodeHash(part, hash);
      while (!isOdd(first) && first !== 0) [first, last] = [half(first), half(last)];
    } else {
      hash = nodeHash(hash, part);
    }
    [first, last] = [half(first), half(last)];
  }
  return last === 0 && hash.equals(root);
}

/** RFC 9162 section 2.1.4.2: does the later tree begin with all leaves of the earlier one? */
export function isConsistent(earlier: Sized, later: Sized, proof: readonly Buffer[]): boolean {
  if (!isIndex(earlier.size) || earlier.size > later.size || proof.some(({ length }) => length !== 32))
    return false;
  if (earlier.size === later.size) return proof.length === 0 && earlier.root.equals(later.root);
  // Every tree begins with nothing.
  if (earlier.size === 0) return proof.length === 0;
  let [first, last] = [earlier.size - 1, later.size - 1];
  while (isOdd(first)) [first, last] = [half(first), half(last)];
  // Of a perfect earlier tree the root itself is where the way begins; the proof leaves it out.
  const [start, ...rest] = first === 0 ? [earlier.root, ...proof] : proof;
  if (start === undefined) return false;
  let [before, after] = [start, start];
  for (const part of rest) {
    if (last === 0) return false;
    if (isOdd(first) || first === last) {
      before = nodeHash(part, before);
      after = nodeHash(part, after);
      while (!isOdd(first) && first !== 0) [first, last] = [half(first), half(last)];
    } else {
      after = nodeHash(after, part);
    }
    [first, last] = [half(first), half(last)];
  }
  return last === 0 && before.equals(earlier.root) && after.equals(later.root);
}

const isIndex = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
const isOdd = (value: number): boolean => value % 2 === 1;
const half = (value: number): number => Math.floor(value / 2);
