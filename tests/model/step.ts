import type { Bounds } from './bounds.ts';
import { nth } from './change.ts';
import type { Rules } from './rules.ts';
import type { Facts, State } from './state.ts';

/** One thing that can happen next. */
export type Step = { readonly label: string; readonly next: State };

export type World = { readonly bounds: Bounds; readonly rules: Rules };

export const names = ['X', 'Y', 'Z'] as const;
export const nameOf = (id: number): string => names[id] ?? String(id);

export const factsOf = (state: State, id: number): Facts => nth(state.remediations, id).facts;
export const targetsOf = ({ bounds }: World, id: number): readonly number[] => nth(bounds.remediations, id);
