/** Which parts of a tree a proof is made of. Leaves are counted from 0; a range ends before its `end`. */
export type Range = { readonly begin: number; readonly end: number };

/** RFC 9162 section 2.1.3.1: what it takes, beside a leaf, to come to the root of a tree of `size` leaves; from the leaf upwards. */
export function inclusionRanges(index: number, size: number): readonly Range[] {
  return path(index, { begin: 0, end: size });
}

/** RFC 9162 section 2.1.4.1: what shows that the first `from` leaves of a tree of `to` leaves are the whole earlier tree. */
export function consistencyRanges(from: number, to: number): readonly Range[] {
  return from === 0 ? [] : subProof(from, { begin: 0, end: to }, true);
}

/** The perfect subtrees that a range of these proofs consists of, the largest first. */
export function perfectParts({ begin, end }: Range): readonly Range[] {
  const width = end - begin;
  if (width === 1) return [{ begin, end }];
  const k = split(width);
  if (k * 2 === width) return [{ begin, end }];
  return [{ begin, end: begin + k }, ...perfectParts({ begin: begin + k, end })];
}

export function nameOf({ begin, end }: Range): string {
  return `${begin}-${end}`;
}

function path(index: number, { begin, end }: Range): readonly Range[] {
  if (end - begin === 1) return [];
  const middle = begin + split(end - begin);
  const left = { begin, end: middle };
  const right = { begin: middle, end };
  return index < middle ? [...path(index, left), right] : [...path(index, right), left];
}

/** `isKnown`: the subtree is one whose root the verifier has already. */
function subProof(size: number, { begin, end }: Range, isKnown: boolean): readonly Range[] {
  if (begin + size === end) return isKnown ? [] : [{ begin, end }];
  const middle = begin + split(end - begin);
  const left = { begin, end: middle };
  const right = { begin: middle, end };
  return begin + size <= middle
    ? [...subProof(size, left, isKnown), right]
    : [...subProof(begin + size - middle, right, false), left];
}

/** The largest power of two below `width`. */
function split(width: number): number {
  let k = 1;
  while (k * 2 < width) k *= 2;
  return k;
}
