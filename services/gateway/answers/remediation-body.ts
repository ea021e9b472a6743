import { z } from 'zod';
import { replacedBySchema } from '#libs/contracts/bound';
import {
  askSchema,
  logEntrySchema,
  type Outcome,
  outcomeSchema,
  refusalSchema,
  whyOf,
} from '#libs/contracts/facts';
import { breakGlassSchema, gateVerdictSchema } from '#libs/contracts/gates';
import { previewSchema } from '#libs/contracts/preview';
import { engineSchema, instantSchema, principalSchema, remediationIdSchema } from '#libs/contracts/scalars';
import { targetId } from '#libs/contracts/target';
import { executionLogOf } from './execution-log.ts';
import { resultStatuses, statusOf } from './outcome-status.ts';
import { timelineEntrySchema, timelineOf } from './timeline.ts';
import { type RemediationView, stateOf, states, terminalOfView } from './view.ts';

export const remediationBodySchema = z.object({
  remediation_id: remediationIdSchema,
  state: z.enum(states),
  outcome: outcomeSchema.nullable(),
  message: z.string(),
  container: z.string(),
  action: z.string(),
  dry_run: z.boolean(),
  engine: engineSchema,
  targets: z.array(z.string()),
  principal: principalSchema,
  /** Gates that an admin overrode for it. */
  break_glass: breakGlassSchema.optional(),
  door: z.enum(['http', 'nats']),
  params: askSchema.shape.params,
  reason: askSchema.shape.reason,
  confidence: askSchema.shape.confidence,
  metrics: askSchema.shape.metrics,
  analysis_method: askSchema.shape.analysis_method,
  received_at: instantSchema,
  expires_at: instantSchema,
  result: z
    .object({
      status: z.enum(resultStatuses),
      action: z.string(),
      container: z.string(),
      details: z.string().optional(),
      error: z.string().optional(),
      /** The code of what stood in the way, such as `replaced`. */
      reason: z.string().optional(),
      replaced_by: replacedBySchema.optional(),
    })
    .nullable(),
  would_be: z.enum(['approved', 'refused']).optional(),
  refusal: refusalSchema.optional(),
  preview: previewSchema.optional(),
  gates: z.array(gateVerdictSchema),
  execution_log: z.array(logEntrySchema),
  timeline: z.array(timelineEntrySchema),
  trace_id: z.string().nullable(),
});
export type RemediationBody = z.infer<typeof remediationBodySchema>;

/** A remediation as it is shown over HTTP, at any moment of its life. */
export function remediationBody(view: RemediationView): RemediationBody {
  const { requested, decided } = view;
  const { resolution, break_glass } = requested;
  const { override: _, ...ask } = requested.ask;
  const terminal = terminalOfView(view);
  const outcome = terminal?.fact.outcome ?? null;
  const message = messageOf(view);
  return {
    remediation_id: requested.remediation_id,
    state: stateOf(view),
    outcome,
    message,
    ...ask,
    engine: requested.engine,
    targets: resolution.status === 'resolved' ? resolution.targets.map((each) => targetId(each.target)) : [],
    principal: requested.principal,
    ...(break_glass ? { break_glass } : {}),
    door: requested.door,
    received_at: requested.received_at,
    expires_at: requested.expires_at,
    result: outcome === null ? null : resultOf(view, outcome, message),
    ...(decided?.verdict === 'dry_run' ? { would_be: decided.would_be, preview: decided.preview } : {}),
    ...refusalMember(view),
    gates: decided?.gates ?? [],
    execution_log: [...executionLogOf(view)],
    timeline: [...timelineOf(view)],
    trace_id: view.traceId ?? null,
  };
}

export function messageOf(view: RemediationView): string {
  const terminal = terminalOfView(view);
  if (terminal?.kind === 'complete') return terminal.fact.message;
  if (terminal?.fact.verdict === 'refused') return terminal.fact.message;
  if (terminal) {
    const { would_be: wouldBe, refusal, preview } = terminal.fact;
    if (refusal) return `Nothing was done. It would be ${wouldBe}: ${refusal.message}`;
    const futile = preview.steps.every(({ applicable }) => applicable === false);
    const but = futile ? `, but would come to ${preview.steps[0]?.command ?? 'nothing'}` : '.';
    return `Nothing was done. It would be ${wouldBe}${but}`;
  }
  const pending = { requested: 'Waiting for the decision.', approved: 'Approved, about to start.' };
  const state = stateOf(view);
  return state === 'requested' || state === 'approved' ? pending[state] : 'Under way.';
}

function resultOf(
  view: RemediationView,
  outcome: Outcome,
  message: string,
): NonNullable<RemediationBody['result']> {
  const { action, container } = view.requested.ask;
  const status = statusOf(outcome);
  const well = status === 'success' || status === 'dry_run';
  const why = view.complete ? whyOf(view.complete) : {};
  return { status, action, container, ...(well ? { details: message } : { error: message, ...why }) };
}

const refusalMembers = refusalSchema.strip();

export function refusalMember({ decided }: RemediationView): Pick<RemediationBody, 'refusal'> {
  if (decided?.verdict === 'dry_run') return decided.refusal ? { refusal: decided.refusal } : {};
  if (decided?.verdict !== 'refused') return {};
  return { refusal: refusalMembers.parse(decided) };
}
