/** The index of the first of `sorted` whose place is beyond `place`; its length when there is none. */
export function firstAfter<T>(sorted: readonly T[], placeOf: (each: T) => number, place: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const each = sorted[middle];
    if (each !== undefined && placeOf(each) > place) high = middle;
    else low = middle + 1;
  }
  return low;
}
