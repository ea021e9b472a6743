/** Readings of one thing over time; `at` in ms since the load began. */
export type Reading = { readonly at: number; readonly value: number };

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

export const medianBetween = (readings: readonly Reading[], from: number, to: number): number =>
  median(readings.filter(({ at }) => at >= from && at < to).map(({ value }) => value));
