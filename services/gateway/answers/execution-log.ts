import type { LogEntry } from '#libs/contracts/facts';
import type { RemediationView, StepView } from './view.ts';

/** The log of the last word on it; while it runs, of the steps that have been executed so far. */
export function executionLogOf(view: RemediationView): readonly LogEntry[] {
  return view.complete?.execution_log ?? view.finished?.execution_log ?? view.steps.flatMap(entryOf);
}

function entryOf({ executed, verified }: StepView): readonly LogEntry[] {
  if (!executed) return [];
  return [
    {
      step: executed.n,
      action: executed.action,
      status: executed.status,
      result: executed.result,
      ...(executed.error ? { error: executed.error.message } : {}),
      ...(verified ? { verdict: verified.verdict } : {}),
    },
  ];
}
