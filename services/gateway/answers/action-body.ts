import { z } from 'zod';
import type { LogEntry, Previewed } from '#libs/contracts/facts';
import { type Details, detailsSchema } from '#libs/contracts/scalars';
import { executionLogOf } from './execution-log.ts';
import { resultStatuses, statusOf } from './outcome-status.ts';
import { messageOf, remediationBodySchema } from './remediation-body.ts';
import { type RemediationView, stateOf, terminalOfView } from './view.ts';

const { remediation_id, state, outcome, container, dry_run, gates, execution_log, trace_id } =
  remediationBodySchema.shape;

/** The answer of the Action Server's routes, with the members that its document shows and more. */
export const actionBodySchema = z.object({
  action: z.string(),
  status: z.enum([...resultStatuses, 'in_progress']),
  message: z.string(),
  details: detailsSchema,
  remediation_id,
  state,
  outcome,
  container,
  dry_run,
  gates,
  execution_log,
  trace_id,
});
export type ActionBody = z.infer<typeof actionBodySchema>;

/** `action` is the route's own name for it, e.g. `restart_target_api`. */
export function actionBody(action: string, view: RemediationView): ActionBody {
  const { requested, decided } = view;
  const ended = terminalOfView(view)?.fact.outcome;
  return {
    action,
    status: ended === undefined ? 'in_progress' : statusOf(ended),
    message: messageOf(view),
    details: decided?.verdict === 'dry_run' ? previewDetails(decided) : runDetails(executionLogOf(view)),
    remediation_id: requested.remediation_id,
    state: stateOf(view),
    outcome: ended ?? null,
    container: requested.ask.container,
    dry_run: requested.ask.dry_run,
    gates: decided?.gates ?? [],
    execution_log: [...executionLogOf(view)],
    trace_id: view.traceId ?? null,
  };
}

const risks = ['none', 'low', 'medium', 'high'] as const;

/** What a dry run says of the whole plan. */
export function previewDetails({
  preview,
  would_be,
  refusal,
}: Pick<Previewed, 'preview' | 'would_be' | 'refusal'>): Details {
  const seconds = preview.steps.reduce((sum, step) => sum + step.estimated_downtime_seconds, 0);
  const highest = Math.max(0, ...preview.steps.map((step) => risks.indexOf(step.risk_level)));
  return {
    command: preview.steps.map((step) => step.command).join(' && '),
    risk_level: risks[highest],
    estimated_downtime: `up to ${seconds} seconds`,
    estimated_downtime_seconds: seconds,
    reversible: preview.steps.every((step) => step.reversible),
    calls: preview.steps.flatMap((step) => step.calls),
    notes: preview.steps.flatMap((step) => step.notes),
    would_be,
    ...(refusal ? { refusal } : {}),
  };
}

function runDetails(log: readonly LogEntry[]): Details {
  const last = log.at(-1);
  if (!last) return {};
  return {
    ...last.result,
    ...(last.verdict === undefined ? {} : { verdict: last.verdict }),
    ...(last.error === undefined ? {} : { error: last.error }),
    ...(last.replaced_by ? { replaced_by: last.replaced_by } : {}),
  };
}
