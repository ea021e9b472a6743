import { actionNamed } from '#libs/actions/catalogue';
import type { Requested } from '#libs/contracts/facts';
import type { Limits } from '#libs/contracts/limits';
import { type ResolvedTarget, type Target, targetId } from '#libs/contracts/target';
import { isDiagnostic } from './closing.ts';
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

/** What the plan would do to a target. One without a step of its own goes along with all of them. */
function actionsOn({ plan, ask }: Requested, target: Target): readonly string[] {
  const steps = plan?.steps ?? [];
  const own = steps.filter((step) => targetId(step.target) === targetId(target));
  const named = (own.length > 0 ? own : steps).map((step) => step.action);
  return named.length > 0 ? [...new Set(named)] : [ask.action];
}

/** What the labels of a target asked for when it was requested. */
export function limitsOn(requested: Requested, target: Target): Limits | undefined {
  return resolvedAs(requested, target)?.limits;
}

function resolvedAs({ resolution }: Requested, target: Target): ResolvedTarget | undefined {
  if (resolution.status !== 'resolved') return undefined;
  return resolution.targets.find((each) => targetId(each.target) === targetId(target));
}

function candidateOf(requested: Requested, target: Target): Candidate {
  const { plan, ask } = requested;
  const resolved = resolvedAs(requested, target);
  return {
    id: requested.remediation_id,
    endpoint: requested.endpoint,
    principal: requested.principal,
    target,
    protectedBy: resolved?.protected_by ?? null,
    limits: resolved?.limits,
    actions: actionsOn(requested, target),
    confidence: ask.confidence,
    override: requested.break_glass?.gates ?? [],
    diagnostic: isDiagnostic(requested),
    undoes: plan?.steps.every((step) => actionNamed(step.action)?.undoes === true) === true,
  };
}
