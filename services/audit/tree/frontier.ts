/**
 * A tree that only grows needs to remember no more of itself than the roots of its perfect subtrees, from the largest
 * to the smallest: one for each 1 in the binary form of its size.
 */
import { emptyRoot, nodeHash } from './hashes.ts';

/** A tree as it is written down. `hashes` in base64. */
export type Tree = { readonly size: number; readonly hashes: readonly string[] };

export const emptyTree: Tree = { size: 0, hashes: [] };

/** Is told the hash of every perfect subtree over the leaves from `begin` to before `end` as it becomes complete. */
export type OnNode = (begin: number, end: number, hash: Buffer) => void;

export interface Frontier {
  readonly size: number;
  /** Takes the hash of the next leaf. */
  push(leaf: Buffer): void;
  root(): Buffer;
  tree(): Tree;
}

/** Throws when `from` is no tree. */
export function createFrontier(from: Tree = emptyTree, onNode: OnNode = () => {}): Frontier {
  if (!isTree(from)) throw new RangeError(`${from.hashes.length} hashes are no tree of ${from.size} leaves`);
  let { size } = from;
  const peaks = from.hashes.map(decode);
  return {
    get size() {
      return size;
    },
    push: (leaf) => {
      let hash: Buffer = leaf;
      let width = 1;
      const end = size + 1;
      onNode(size, end, hash);
      // Not with bit operations: they end at 31 bits.
      for (let rest = size; rest % 2 === 1; rest = (rest - 1) / 2) {
        const left = peaks.pop() ?? Buffer.alloc(0);
        hash = nodeHash(left, hash);
        width *= 2;
        onNode(end - width, end, hash);
      }
      peaks.push(hash);
      size = end;
    },
    root: () => foldPeaks(peaks),
    tree: () => ({ size, hashes: peaks.map((peak) => peak.toString('base64')) }),
  };
}

/** One hash for perfect subtrees that stand beside each other, the largest first. */
export function foldPeaks(peaks: readonly Buffer[]): Buffer {
  return (
    peaks
      .toReversed()
      .reduce<Buffer | undefined>(
        (right, left) => (right === undefined ? left : nodeHash(left, right)),
        undefined,
      ) ?? emptyRoot
  );
}

/** The tree with more leaves after those it has. */
export function grow(tree: Tree, leaves: Iterable<Buffer>): Tree {
  const frontier = createFrontier(tree);
  for (const leaf of leaves) frontier.push(leaf);
  return frontier.tree();
}

export function rootOf(tree: Tree): Buffer {
  return createFrontier(tree).root();
}

/** Whether there are as many hashes as a tree of that size has. */
export function isTree({ size, hashes }: Tree): boolean {
  return hashes.length === onesIn(size) && hashes.every((hash) => decode(hash).length === 32);
}

function decode(hash: string): Buffer {
  return Buffer.from(hash, 'base64');
}

function onesIn(size: number): number {
  let ones = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) ones += rest % 2;
  return ones;
}
