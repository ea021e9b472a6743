import { z } from 'zod';
import { replacedBySchema } from './bound.ts';
import { signatureSchema } from './decision-signature.ts';
import { breakGlassSchema, gateVerdictSchema, overridableGates, refusalReasonSchema } from './gates.ts';
import { planSchema } from './plan.ts';
import { previewSchema } from './preview.ts';
import {
  askedActionSchema,
  containerRefSchema,
  detailsSchema,
  engineSchema,
  instantSchema,
  planNameSchema,
  principalSchema,
  remediationIdSchema,
} from './scalars.ts';
import { resolvedTargetSchema, targetSchema } from './target.ts';

const fieldErrorSchema = z.strictObject({ field: z.string(), message: z.string() });

/** Every way a remediation can end. */
export const outcomes = [
  'recovered',
  'executed',
  'dry_run',
  'ineffective',
  'inconclusive',
  'failed',
  'not_applicable',
  'rejected',
  'expired',
  'unknown',
] as const;
export const outcomeSchema = z.enum(outcomes);
export type Outcome = z.infer<typeof outcomeSchema>;

const factBase = {
  remediation_id: remediationIdSchema,
  at: instantSchema,
  break_glass: breakGlassSchema.optional(),
};

/** What was asked, after parsing: the same for both doors. */
export const askSchema = z.strictObject({
  container: containerRefSchema,
  action: askedActionSchema,
  params: detailsSchema,
  reason: z.string().max(2000).optional(),
  confidence: z.number().min(0).max(1).optional(),
  metrics: detailsSchema.optional(),
  analysis_method: z.string().max(200).optional(),
  dry_run: z.boolean(),
  override: z.array(z.enum(overridableGates)).min(1).max(overridableGates.length).optional(),
});
export type Ask = z.infer<typeof askSchema>;

export const resolutionSchema = z.discriminatedUnion('status', [
  z.strictObject({ status: z.literal('resolved'), targets: z.array(resolvedTargetSchema).min(1).max(16) }),
  z.strictObject({
    /** `invalid`: nobody could do it, whatever the state of the mesh. */
    status: z.enum(['not_found', 'ambiguous', 'not_applicable', 'expired', 'invalid']),
    message: z.string(),
    candidates: z.array(z.string()).optional(),
    errors: z.array(fieldErrorSchema).optional(),
  }),
]);
export type Resolution = z.infer<typeof resolutionSchema>;

export const requestedSchema = z.strictObject({
  type: z.literal('requested'),
  ...factBase,
  received_at: instantSchema,
  expires_at: instantSchema,
  door: z.enum(['http', 'nats']),
  /** What the rate is counted under, per target: the name of the action or runbook that was asked for. */
  endpoint: z.string().min(1).max(128),
  principal: principalSchema,
  /** SHA-256 of the ask: tells a retry from another request under the same key. */
  fingerprint: z.string(),
  ask: askSchema,
  engine: engineSchema,
  resolution: resolutionSchema,
  plan: planSchema.nullable(),
});
export type Requested = z.infer<typeof requestedSchema>;

/** A lease as the executor must find it in the target's cell; `epoch` is the fencing token. */
export const grantSchema = z.strictObject({ target: targetSchema, epoch: z.int().min(1) });
export type Grant = z.infer<typeof grantSchema>;

export const refusalSchema = z.strictObject({
  reason: refusalReasonSchema,
  message: z.string(),
  /** Of a name that fits several: all of them. */
  candidates: z.array(z.string()).optional(),
  /** Of a request that is not valid: every field that is wrong. */
  errors: z.array(fieldErrorSchema).optional(),
  remaining_seconds: z.int().min(0).optional(),
  allowed_at: instantSchema.optional(),
  retry_count: z.int().min(0).optional(),
});
export type Refusal = z.infer<typeof refusalSchema>;

export const approvedSchema = z.strictObject({
  type: z.literal('decided'),
  ...factBase,
  verdict: z.literal('approved'),
  gates: z.array(gateVerdictSchema),
  grants: z.array(grantSchema).min(1),
  plan: planSchema,
  expires_at: instantSchema,
  /** Absent: from before decisions were signed. Recorded and replayed, but no executor acts upon it. */
  signature: signatureSchema.optional(),
});
const refusedSchema = z.strictObject({
  type: z.literal('decided'),
  ...factBase,
  verdict: z.literal('refused'),
  outcome: z.enum(['rejected', 'expired', 'not_applicable']),
  gates: z.array(gateVerdictSchema),
  ...refusalSchema.shape,
});
const previewedSchema = z.strictObject({
  type: z.literal('decided'),
  ...factBase,
  verdict: z.literal('dry_run'),
  outcome: z.literal('dry_run'),
  would_be: z.enum(['approved', 'refused']),
  gates: z.array(gateVerdictSchema),
  refusal: refusalSchema.optional(),
  preview: previewSchema,
});
/** The one verdict. Refused and dry_run are terminal; only `approved` can ever be acted upon. */
export const decidedSchema = z.discriminatedUnion('verdict', [
  approvedSchema,
  refusedSchema,
  previewedSchema,
]);
export type Decided = z.infer<typeof decidedSchema>;
export type Approved = z.infer<typeof approvedSchema>;
export type Refused = z.infer<typeof refusedSchema>;
export type Previewed = z.infer<typeof previewedSchema>;

const stepBase = { ...factBase, n: z.int().min(1) };

/** Stated before the one call that changes anything; whoever states it is the only one that ever calls. */
export const startedSchema = z.strictObject({
  type: z.literal('started'),
  ...stepBase,
  action: planNameSchema,
  target: targetSchema,
  /** What was seen before the call, for whoever has to find out later whether it happened. */
  evidence: detailsSchema,
  /** Seconds after which an unseen effect is taken not to come any more (grace and slack). */
  settle_seconds: z.number().min(0),
  /** How long its patient may be looked at because its HEALTHCHECK says so; absent: no longer than others. */
  look_seconds: z.number().min(0).optional(),
  calls: z.array(z.string()),
});
export type Started = z.infer<typeof startedSchema>;

export const stepStatuses = [
  'success',
  'failed',
  'unknown',
  'skipped',
  'not_applicable',
  'not_started',
] as const;
export const executedSchema = z.strictObject({
  type: z.literal('executed'),
  ...stepBase,
  action: planNameSchema,
  status: z.enum(stepStatuses),
  /** Did the call get to the engine, or to the endpoint? Only then is budget spent. */
  reached_docker: z.boolean(),
  /** True when the effect was found by looking, not heard as an answer. */
  observed: z.boolean(),
  result: detailsSchema,
  error: z.strictObject({ code: z.string(), message: z.string() }).optional(),
  duration_ms: z.number().min(0),
});
export type Executed = z.infer<typeof executedSchema>;

export const verdicts = ['healthy', 'unhealthy', 'inconclusive'] as const;
export const verifiedSchema = z.strictObject({
  type: z.literal('verified'),
  ...stepBase,
  verdict: z.enum(verdicts),
  message: z.string(),
  readings: detailsSchema,
  duration_ms: z.number().min(0),
});
export type Verified = z.infer<typeof verifiedSchema>;

export const logEntrySchema = z.strictObject({
  step: z.int().min(1),
  action: planNameSchema,
  status: z.enum(stepStatuses),
  result: detailsSchema,
  error: z.string().optional(),
  verdict: z.enum(verdicts).optional(),
  replaced_by: replacedBySchema.optional(),
});
export type LogEntry = z.infer<typeof logEntrySchema>;

/** What came of a target that was acted upon. Targets that are not listed spend nothing. */
export const effectSchema = z.strictObject({
  target: targetSchema,
  verified: z.boolean(),
  /** The least back-off after it: as long as it was looked at in vain. */
  back_off_seconds: z.number().min(0).optional(),
});
export type Effect = z.infer<typeof effectSchema>;

const endSchema = {
  outcome: z.enum([
    'recovered',
    'executed',
    'ineffective',
    'inconclusive',
    'failed',
    'not_applicable',
    'expired',
    'unknown',
  ]),
  message: z.string(),
  /** The code of what stood in the way, for a program to branch on. */
  reason: z.string().optional(),
  reached_docker: z.boolean(),
  execution_log: z.array(logEntrySchema),
  /** Absent: the outcome holds for every target alike. */
  effects: z.array(effectSchema).optional(),
};
export const finishedSchema = z.strictObject({ type: z.literal('finished'), ...factBase, ...endSchema });
export type Finished = z.infer<typeof finishedSchema>;

/** Terminal for what was approved; the settlement of every lease follows from this fact alone. */
export const completeSchema = z.strictObject({
  type: z.literal('complete'),
  ...factBase,
  ...endSchema,
  targets: z.array(targetSchema).min(1),
});
export type Complete = z.infer<typeof completeSchema>;

/** For a program: the code of what stood in the way, and who has the name of the target by now. */
export function whyOf({ reason, execution_log }: Pick<Complete, 'reason' | 'execution_log'>) {
  const replaced_by = execution_log.findLast((entry) => entry.replaced_by)?.replaced_by;
  return { ...(reason === undefined ? {} : { reason }), ...(replaced_by ? { replaced_by } : {}) };
}

export const factSchema = z.union([
  requestedSchema,
  decidedSchema,
  startedSchema,
  executedSchema,
  verifiedSchema,
  finishedSchema,
  completeSchema,
]);
export type Fact = z.infer<typeof factSchema>;
