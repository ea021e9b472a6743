import { type Bounds, initial } from './bounds.ts';
import { nth } from './change.ts';
import { deadEnd } from './dead-end.ts';
import { isGood } from './harm.ts';
import { type Numbered, numbering } from './numbering.ts';
import { rules as all, type Rules } from './rules.ts';
import type { State } from './state.ts';
import type { World } from './step.ts';
import { stepsFrom } from './steps.ts';

export type Explored = {
  readonly states: number;
  readonly transitions: number;
  /** Steps from the beginning to the state that is farthest from it. */
  readonly depth: number;
  /** The first harm that was come upon, by the shortest way to it; undefined when there is none. */
  readonly harm: { readonly what: string; readonly trace: readonly string[] } | undefined;
};

export const stuck = 'STUCK: from here on nothing leads to a good end';

/** Visits every state within the bounds, nearest first, and ends at the first harm; else looks for dead ends. */
export function explore(bounds: Bounds, rules: Rules = all, mostStates = 5_000_000): Explored {
  const world: World = { bounds, rules };
  const numbered = numbering();
  const found = new Map<string, number>();
  const reachedFrom: number[] = [];
  const edges: { readonly from: number[]; readonly to: number[] } = { from: [], to: [] };
  const good: number[] = [];
  let depth = 0;

  const add = (each: Numbered, from: number, level: Numbered[]): number => {
    const known = found.get(each.key);
    if (known !== undefined) return known;
    const number = reachedFrom.length;
    if (number >= mostStates) throw new Error(`there are more than ${mostStates} states`);
    found.set(each.key, number);
    reachedFrom.push(from);
    level.push(each);
    if (isGood(world, each.state)) good.push(number);
    return number;
  };
  const ended = (what?: string, at = 0): Explored => ({
    states: reachedFrom.length,
    transitions: edges.to.length,
    depth,
    harm: what === undefined ? undefined : { what, trace: traceTo(world, numbered, found, reachedFrom, at) },
  });

  let level: Numbered[] = [];
  add(numbered(initial(bounds)), -1, level);
  for (let from = 0; level.length > 0; depth += 1) {
    const next: Numbered[] = [];
    for (const each of level) {
      for (const step of stepsFrom(world, each.state)) {
        const to = add(numbered(step.next, each), from, next);
        edges.from.push(from);
        edges.to.push(to);
        if (step.next.harm !== null) return ended(step.next.harm, to);
      }
      from += 1;
    }
    level = next;
  }
  const dead = deadEnd(reachedFrom.length, edges, good);
  return dead === undefined ? ended() : ended(stuck, dead);
}

/** What happened on the way to a state. */
function traceTo(
  world: World,
  numbered: (state: State) => Numbered,
  found: ReadonlyMap<string, number>,
  reachedFrom: readonly number[],
  at: number,
): readonly string[] {
  const way: number[] = [];
  for (let number = at; number > 0; number = nth(reachedFrom, number)) way.unshift(number);
  let state = initial(world.bounds);
  return way.map((number) => {
    const step = stepsFrom(world, state).find(({ next }) => found.get(numbered(next).key) === number);
    if (!step) throw new Error('a way that was gone cannot be gone again');
    state = step.next;
    return step.label;
  });
}
