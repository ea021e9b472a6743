import type { ScaleWish } from '#libs/contracts/rpc';

/** How many there shall be, of `now`. */
export function wishedOf({ direction, replicas }: ScaleWish, now: number): number {
  return replicas ?? (direction === 'up' ? now + 1 : now - 1);
}

/** The ones with the highest numbers, that go when `wished` shall stay; highest first. */
export function surplusOf<T extends { readonly number: number }>(
  members: readonly T[],
  wished: number,
): readonly T[] {
  const highestFirst = members.toSorted((a, b) => b.number - a.number);
  return highestFirst.slice(0, Math.max(0, members.length - wished));
}

type Clonable = { readonly running: boolean; readonly created: number; readonly number: number };

/** The one that others are made after: of those that run the newest, which has the newest configuration where they differ. */
export function modelOf<T extends Clonable>(members: readonly T[]): T | undefined {
  return members
    .filter(({ running }) => running)
    .toSorted((a, b) => b.created - a.created || b.number - a.number)[0];
}
