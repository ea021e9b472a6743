/** The value below which a share of the sorted values lies; share from 0 to 1. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

export function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}

export function perSecond(count: number, elapsedMs: number): number {
  return Math.round((count * 1_000) / elapsedMs);
}
