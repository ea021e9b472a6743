import type { Cell, Control } from '#libs/contracts/cell';
import type { GateVerdict, OverridableGate } from '#libs/contracts/gates';
import type { Limits } from '#libs/contracts/limits';
import type { Target } from '#libs/contracts/target';
import { toInstant } from '#libs/runtime/instant';
import type { Policy } from '../policy.ts';

/** What a gate knows of a request, for one of its targets. */
export type Candidate = {
  readonly id: string;
  readonly endpoint: string;
  readonly principal: string;
  readonly target: Target;
  readonly protectedBy: string | null;
  /** What the labels of the target ask for beyond the settings. */
  readonly limits: Limits | undefined;
  /** What would be done to the target, by the names of the actions. */
  readonly actions: readonly string[];
  readonly confidence: number | undefined;
  /** Break glass: gates that shall not stand in the way. */
  readonly override: readonly OverridableGate[];
  /** Reads only: the budgets for changes do not concern it. */
  readonly diagnostic: boolean;
  /** Takes back what an earlier action did: the cooldown after that one does not concern it. */
  readonly undoes: boolean;
};

export type GateInput = {
  readonly cell: Cell;
  readonly control: Control;
  readonly policy: Policy;
  readonly candidate: Candidate;
  /** Milliseconds since the epoch. */
  readonly now: number;
};

/**
 * One rule. Pure; says what it saw, also when it lets the request pass. Adding one: a file with this shape, its
 * name in `gateNames`, and its line in the catalogue.
 */
export type Gate = (input: GateInput) => GateVerdict;

/** The moment from which a gate will pass again, as the two members that say so. */
export function allowedAt(
  instant: number,
  now: number,
): Pick<GateVerdict, 'allowed_at' | 'remaining_seconds'> {
  return {
    allowed_at: toInstant(instant),
    remaining_seconds: Math.max(0, Math.ceil((instant - now) / 1_000)),
  };
}
