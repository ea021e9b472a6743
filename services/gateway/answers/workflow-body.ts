import { z } from 'zod';
import { detailsSchema } from '#libs/contracts/scalars';
import { previewDetails } from './action-body.ts';
import { resultStatuses, statusOf } from './outcome-status.ts';
import { recommendationOf } from './recommendation.ts';
import { messageOf, remediationBodySchema } from './remediation-body.ts';
import { type RemediationView, stateOf, terminalOfView } from './view.ts';
import { finalHealth, healthReadingSchema, workflowEntrySchema, workflowLog } from './workflow-log.ts';

const { remediation_id, state, outcome, dry_run, gates, trace_id, preview, would_be, refusal } =
  remediationBodySchema.shape;

/** The answer of a workflow, with the members that the Action Server's document shows and more. */
export const workflowBodySchema = z.object({
  remediation_complete: z.boolean(),
  execution_log: z.array(workflowEntrySchema),
  final_health: healthReadingSchema.nullable(),
  recommendation: z.string(),
  action: z.string(),
  status: z.enum([...resultStatuses, 'in_progress']),
  message: z.string(),
  remediation_id,
  state,
  outcome,
  dry_run,
  would_be,
  refusal,
  /** Of a dry run, as the single actions have them. */
  details: detailsSchema.optional(),
  preview,
  gates,
  trace_id,
});
export type WorkflowBody = z.infer<typeof workflowBodySchema>;

/** `action` is the route's own name for it. */
export function workflowBody(action: string, view: RemediationView): WorkflowBody {
  const { requested, decided } = view;
  const ended = terminalOfView(view)?.fact.outcome;
  return {
    remediation_complete: ended === 'recovered',
    execution_log: [...workflowLog(view)],
    final_health: finalHealth(view),
    recommendation: recommendationOf(view),
    action,
    status: ended === undefined ? 'in_progress' : statusOf(ended),
    message: messageOf(view),
    remediation_id: requested.remediation_id,
    state: stateOf(view),
    outcome: ended ?? null,
    dry_run: requested.ask.dry_run,
    ...(decided?.verdict === 'dry_run'
      ? {
          would_be: decided.would_be,
          details: previewDetails(decided),
          preview: decided.preview,
          ...(decided.refusal ? { refusal: decided.refusal } : {}),
        }
      : {}),
    gates: decided?.gates ?? [],
    trace_id: view.traceId ?? null,
  };
}
