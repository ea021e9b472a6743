import type { Executed, Started, Verified } from '#libs/contracts/facts';
import type { Plan, Step } from '#libs/contracts/plan';

/** What stands about one step. */
export type StepLog = {
  readonly started?: Started | undefined;
  readonly executed?: Executed | undefined;
  readonly verified?: Verified | undefined;
};

/** What stands about the steps of a plan, by their numbers. */
export type PlanLog = ReadonlyMap<number, StepLog>;

/** What is to be done next about a plan. Only `begin` may ever lead to a call. */
export type Move =
  | { readonly kind: 'begin'; readonly step: Step }
  | { readonly kind: 'recover'; readonly step: Step; readonly started: Started }
  | { readonly kind: 'skip'; readonly step: Step }
  | { readonly kind: 'verify'; readonly step: Step; readonly log: StepLog }
  | { readonly kind: 'finish' };

/** The next move, from what stands alone: any process at any time comes to the same one. */
export function nextMove(plan: Plan, log: PlanLog): Move {
  let verdict: Verified['verdict'] | undefined;
  for (const step of plan.steps) {
    const stands = log.get(step.n) ?? {};
    const { started, executed, verified } = stands;
    if (!executed) {
      if (started) return { kind: 'recover', step, started };
      const wanted = step.when === 'always' || verdict === 'unhealthy';
      return { kind: wanted ? 'begin' : 'skip', step };
    }
    if (!verified && isVerified(step, executed)) return { kind: 'verify', step, log: stands };
    if (endsPlan(step, executed)) return { kind: 'finish' };
    verdict = verified?.verdict ?? verdict;
  }
  return { kind: 'finish' };
}

/** Nothing is piled upon a step that did not do what it should, or of which that is not known, unless the plan says so. */
export function endsPlan({ on_failure }: Step, { status }: Executed): boolean {
  if (status === 'success' || status === 'skipped') return false;
  return status === 'not_started' || on_failure !== 'go_on';
}

function isVerified(step: Step, { status }: Executed): boolean {
  return step.verify !== null && (status === 'success' || status === 'unknown');
}
