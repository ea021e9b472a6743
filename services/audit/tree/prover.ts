import { createFrontier, type Frontier, foldPeaks } from './frontier.ts';
import { nameOf, perfectParts, type Range } from './ranges.ts';

/** Takes all leaves of a tree, one after the other, and keeps the few hashes that some proofs are made of. */
export interface Prover {
  readonly frontier: Frontier;
  /** The hashes of the ranges, in base64. Throws when leaves are missing. */
  proof(ranges: readonly Range[]): readonly string[];
}

export function createProver(wanted: readonly Range[]): Prover {
  const names = new Set(wanted.flatMap(perfectParts).map(nameOf));
  const known = new Map<string, Buffer>();
  const frontier = createFrontier(undefined, (begin, end, hash) => {
    const name = nameOf({ begin, end });
    if (names.has(name)) known.set(name, hash);
  });
  const hashOf = (part: Range): Buffer => {
    const hash = known.get(nameOf(part));
    if (!hash) throw new RangeError(`the tree of ${frontier.size} leaves has no part ${nameOf(part)}`);
    return hash;
  };
  return {
    frontier,
    proof: (ranges) => ranges.map((range) => foldPeaks(perfectParts(range).map(hashOf)).toString('base64')),
  };
}
