import type { Cell, Control } from '#libs/contracts/cell';
import type { Refusal } from '#libs/contracts/facts';
import type { GateVerdict } from '#libs/contracts/gates';
import { targetId } from '#libs/contracts/target';
import { fromInstant } from '#libs/runtime/instant';
import { gates } from './gates/catalogue.ts';
import type { Candidate } from './gates/gate.ts';
import type { Policy } from './policy.ts';
import { policyFor } from './policy-for.ts';

export type Verdict =
  | { readonly kind: 'approve'; readonly gates: readonly GateVerdict[] }
  | { readonly kind: 'refuse'; readonly gates: readonly GateVerdict[]; readonly refusal: Refusal };

/** One target of a request, with its cell as it was read. */
export type Seat = { readonly candidate: Candidate; readonly cell: Cell };

/**
 * The decision: every gate on every target, and the most restrictive word wins. `now` in ms since the epoch.
 * With several targets each gate verdict names its own. Each target is judged by the policy that its labels tighten.
 */
export function decide(seats: readonly Seat[], control: Control, policy: Policy, now: number): Verdict {
  const several = seats.length > 1;
  const spoken = seats.flatMap(({ candidate, cell }) => {
    const own = policyFor(policy, candidate.limits);
    return gates.map((gate) => {
      const verdict = overridden(gate({ cell, control, policy: own, candidate, now }), candidate);
      return several ? { ...verdict, target: targetId(candidate.target) } : verdict;
    });
  });
  const worst = mostRestrictive(spoken);
  return worst
    ? { kind: 'refuse', gates: spoken, refusal: refusalOf(worst) }
    : { kind: 'approve', gates: spoken };
}

/** A budget's no that an admin overrode lets pass, and goes on saying what it said. */
function overridden(verdict: GateVerdict, { override, principal }: Candidate): GateVerdict {
  if (verdict.pass || !override.some((gate) => gate === verdict.gate)) return verdict;
  const message = `overridden by ${principal}: ${verdict.message}`;
  return { ...verdict, pass: true, overridden: true, message };
}

function mostRestrictive(spoken: readonly GateVerdict[]): GateVerdict | undefined {
  let worst: GateVerdict | undefined;
  for (const verdict of spoken) {
    if (!verdict.pass && (!worst || restriction(verdict) > restriction(worst))) worst = verdict;
  }
  return worst;
}

/** A refusal without an end outweighs one with an end, a later end an earlier one; a busy target frees itself soonest. */
function restriction(verdict: GateVerdict): number {
  if (verdict.allowed_at !== undefined) return fromInstant(verdict.allowed_at);
  return verdict.reason === 'busy' ? 0 : Number.POSITIVE_INFINITY;
}

function refusalOf(verdict: GateVerdict): Refusal {
  const retryCount = verdict.gate === 'breaker' ? verdict.numbers?.retry_count : undefined;
  return {
    reason: verdict.reason ?? 'not_permitted',
    message: verdict.target === undefined ? verdict.message : `${verdict.target}: ${verdict.message}`,
    ...(verdict.allowed_at === undefined ? {} : { allowed_at: verdict.allowed_at }),
    ...(verdict.remaining_seconds === undefined ? {} : { remaining_seconds: verdict.remaining_seconds }),
    ...(typeof retryCount === 'number' ? { retry_count: retryCount } : {}),
  };
}
