import { actionNamed } from '#libs/actions/catalogue';
import type { Requested } from '#libs/contracts/facts';
import { type Target, targetId } from '#libs/contracts/target';
import type { Seat } from './decide.ts';
import type { Candidate } from './gates/gate.ts';
import type { ReadCell } from './state.ts';

/** A request as the gates see it: for each target the candidate and the cell as it was read. */
export function seatsOf(
  requested: Requested,
  targets: readonly Target[],
  read: readonly ReadCell[],
): readonly Seat[] {
  return targets.flatMap((target, at) => {
    const cell = read[at]?.cell;
    return cell ? [{ cell, candidate: candidateOf(requested, target) }] : [];
  });
}

function candidateOf(requested: Requested, target: Target): Candidate {
  const { resolution, plan, ask } = requested;
  const resolved =
    resolution.status === 'resolved'
      ? resolution.targets.find((each) => targetId(each.target) === targetId(target))
      : undefined;
  return {
    id: requested.remediation_id,
    endpoint: requested.endpoint,
    principal: requested.principal,
    target,
    protectedBy: resolved?.protected_by ?? null,
    confidence: ask.confidence,
    override: requested.break_glass?.gates ?? [],
    diagnostic: plan?.steps.every((step) => actionNamed(step.action)?.diagnostic === true) === true,
    undoes: plan?.steps.every((step) => actionNamed(step.action)?.undoes === true) === true,
  };
}
