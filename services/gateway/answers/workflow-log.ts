import { z } from 'zod';
import { type Complete, stepStatuses, type Verified, verdicts } from '#libs/contracts/facts';
import type { Step } from '#libs/contracts/plan';
import { targetHealthSchema } from '#libs/contracts/rpc';
import { detailsSchema } from '#libs/contracts/scalars';
import type { RemediationView, StepView } from './view.ts';

/** One entry of the document's execution log: a look at the patient is a step of its own there. */
export const workflowEntrySchema = z.object({
  step: z.int(),
  action: z.enum(['stop_chaos_attack', 'restart_target_api', 'restart_target_db', 'verify_health']),
  status: z.enum(stepStatuses),
  result: detailsSchema,
  error: z.string().optional(),
  verdict: z.enum(verdicts).optional(),
});
export type WorkflowEntry = z.infer<typeof workflowEntrySchema>;
type Entry = Omit<WorkflowEntry, 'step'>;

export const healthReadingSchema = z.object(targetHealthSchema.omit({ details: true }).shape);
export type HealthReading = z.infer<typeof healthReadingSchema>;

/** What was done and seen so far, numbered in order. An escalation that was not needed is not in it. */
export function workflowLog({ requested, steps, complete }: RemediationView): readonly WorkflowEntry[] {
  const planned = requested.plan?.steps ?? [];
  return planned
    .flatMap((step, at) => entriesOf(step, steps[at] ?? {}, complete))
    .map((entry, at) => ({ step: at + 1, ...entry }));
}

/** How the patient was when it was last looked at; null when it was not. */
export function finalHealth({ steps }: RemediationView): HealthReading | null {
  const last = steps.findLast(({ verified }) => verified)?.verified;
  return last ? readingOf(last) : null;
}

function entriesOf(
  step: Step,
  { started, executed, verified }: StepView,
  complete: Complete | undefined,
): readonly Entry[] {
  // Begun, and given up waiting for its end.
  if (started && !executed && complete) {
    return [{ action: nameOf(step), status: 'unknown', result: {}, error: complete.message }];
  }
  if (!executed || (executed.status === 'skipped' && step.when === 'if_unhealthy')) return [];
  const { details } = executed.result;
  const said = typeof details === 'string' ? { stdout: details } : {};
  const act: Entry = {
    action: nameOf(step),
    status: executed.status,
    result: { ...executed.result, ...said },
    ...(executed.error ? { error: executed.error.message } : {}),
  };
  return verified ? [act, lookOf(verified)] : [act];
}

function lookOf(verified: Verified): Entry {
  const healthy = verified.verdict === 'healthy';
  return {
    action: 'verify_health',
    status: healthy ? 'success' : 'failed',
    result: readingOf(verified),
    verdict: verified.verdict,
    ...(healthy ? {} : { error: verified.message }),
  };
}

function nameOf({ action, when }: Step): WorkflowEntry['action'] {
  if (action === 'stop-chaos-attack') return 'stop_chaos_attack';
  return when === 'if_unhealthy' ? 'restart_target_db' : 'restart_target_api';
}

const answeredSchema = z.object({ http: z.object({ health: targetHealthSchema }) });
const nothingRead = {
  health_status: null,
  database_status: null,
  pool_health: null,
  pool_utilization: null,
  error_rate_percent: null,
  avg_response_time_ms: null,
};

/** Its verdict is that of the whole look: a server that answers well in a container that does not last is not well. */
function readingOf({ verdict, message, readings }: Verified): HealthReading {
  const answered = answeredSchema.safeParse(readings);
  const told = answered.success ? healthReadingSchema.parse(answered.data.http.health) : nothingRead;
  return { ...told, is_healthy: verdict === 'healthy', verdict, message };
}
