/** The latest of those that are known; null when none is. */
export function latestInstant(instants: readonly (string | null)[]): string | null {
  const known = instants.filter((each) => each !== null);
  return known.toSorted((a, b) => Date.parse(a) - Date.parse(b)).at(-1) ?? null;
}
