import fc from 'fast-check';
import { vi } from 'vitest';
import { isLong, seed, sized } from './size.ts';

/** In how many cases each property is tried, unless it is a costly one. */
export const runsEach = sized({ each: 1_000, long: 20_000 });

if (isLong) vi.setConfig({ testTimeout: 3_600_000 });

type Runs = {
  /** Cheap enough for more. */
  readonly atLeast?: number;
  /** Costly: so many in each run of the tests, twenty times as many in a long one. */
  readonly each?: number;
};

/**
 * Tries a property in as many cases as a proof asks for. A failure says the seed and the path to its case; with that
 * seed in HEMOSTAT_PROOF_SEED the same cases come again.
 */
export function holds<T>(property: fc.IAsyncProperty<T>, runs?: Runs): Promise<void>;
export function holds<T>(property: fc.IProperty<T>, runs?: Runs): void;
export function holds<T>(
  property: fc.IAsyncProperty<T> | fc.IProperty<T>,
  { atLeast = 0, each }: Runs = {},
): Promise<void> | void {
  const numRuns = each === undefined ? Math.max(runsEach, atLeast) : each * (isLong ? 20 : 1);
  return fc.assert(property as fc.IProperty<T>, { numRuns, seed });
}
