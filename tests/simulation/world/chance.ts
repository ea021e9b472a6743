/** Chance out of a seed: the same seed gives the same draws in the same order, and there is no other chance in a simulation. */
export interface Chance {
  happens(probability: number): boolean;
  /** A whole number, both ends included. */
  between(low: number, high: number): number;
  oneOf<T>(choices: readonly [T, ...T[]]): T;
  hex(digits: number): string;
}

export function chanceFrom(seed: number): Chance {
  let state = seed >>> 0;
  // Two multiplications and shifts: enough to draw from, and quick.
  const next = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
  };
  const between = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1));
  return {
    happens: (probability) => probability > 0 && next() < probability,
    between,
    oneOf: (choices) => choices[between(0, choices.length - 1)] ?? choices[0],
    hex: (digits) => Array.from({ length: digits }, () => between(0, 15).toString(16)).join(''),
  };
}
