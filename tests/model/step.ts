import type { Bounds } from './bounds.ts';
import { nth } from './change.ts';
import type { Rules } from './rules.ts';
import type { Facts, Name, Resolved, State } from './state.ts';

/** One thing that can happen next. */
export type Step = { readonly label: string; readonly next: State };

export type World = { readonly bounds: Bounds; readonly rules: Rules };

export const names = ['X', 'Y', 'Z'] as const;
export const nameOf = (id: number): string => names[id] ?? String(id);

export const factsOf = (state: State, id: number): Facts => nth(state.remediations, id).facts;
/** The container that a remediation may act on, and what the name of its target stands for now. */
export function identityOf(world: World, state: State, id: number): { bound: Resolved | null } & Name {
  const name = nth(state.names, nth(targetsOf(world, id), 0));
  return { bound: factsOf(state, id).requested, ...name };
}

export const targetsOf = ({ bounds }: World, id: number): readonly number[] => nth(bounds.remediations, id);
