import { actions } from '#libs/actions/catalogue';
import type { Plan } from '#libs/contracts/plan';
import type { Details } from '#libs/contracts/scalars';
import type { ResolvedTarget } from '#libs/contracts/target';
import { remediateDbPoolExhaustion } from './remediate-db-pool-exhaustion.ts';
import type { Runbook, VerificationSettings } from './runbook.ts';
import { singleAction } from './single-action.ts';

/** Every plan there is: each action as a plan of one step, then the runbooks. Adding one: its file, and its name here. */
export const runbooks: readonly Runbook[] = [...actions.map(singleAction), remediateDbPoolExhaustion];

export function runbookNamed(name: string): Runbook | undefined {
  return runbooks.find((runbook) => runbook.name === name);
}

/** The plan for what was asked; undefined when there is no runbook of that name. */
export function planFor(
  name: string,
  targets: readonly ResolvedTarget[],
  params: Details,
  settings: VerificationSettings,
): Plan | undefined {
  const runbook = runbookNamed(name);
  return runbook && { runbook: runbook.name, steps: [...runbook.steps(targets, params, settings)] };
}
