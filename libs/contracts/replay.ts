import { z } from 'zod';
import { outcomeSchema } from './facts.ts';
import { gateVerdictSchema, refusalReasonSchema } from './gates.ts';
import {
  askedActionSchema,
  detailsSchema,
  givenInstantSchema,
  instantSchema,
  principalSchema,
  remediationIdSchema,
} from './scalars.ts';

/** What is asked of the recorded facts, and what they say. Nothing here changes anything. */

export const replayRequestSchema = z.strictObject({
  /** Only requests decided from here on are shown; 24 hours before `until` unless told. */
  since: givenInstantSchema.optional(),
  /** Now, unless told. */
  until: givenInstantSchema.optional(),
  /** Safety's settings by their own names (RESPONDER_COOLDOWN_SECONDS …); what is not named is as it is now. */
  policy: z
    .record(
      z.string().max(64),
      z.union([z.string().min(1).max(4_000), z.number(), z.array(z.string()).max(200)]),
    )
    .default({}),
  /** `changed`: only requests whose verdict would be another. */
  show: z.enum(['changed', 'all']).default('changed'),
  limit: z.int().min(1).max(500).default(100),
  /** `next` of the page before. */
  after: z.int().min(0).default(0),
});
export type ReplayRequest = z.output<typeof replayRequestSchema>;

const verdictSchema = z.strictObject({
  verdict: z.enum(['approved', 'refused']),
  reason: refusalReasonSchema.optional(),
  message: z.string().optional(),
  allowed_at: instantSchema.optional(),
});
export type ReplayVerdict = z.infer<typeof verdictSchema>;

/** How a remediation is taken to end that was refused in truth: like `like`, or nobody knows. */
export const assumedSchema = z.strictObject({
  outcome: outcomeSchema,
  like: remediationIdSchema.nullable(),
});
export type Assumed = z.infer<typeof assumedSchema>;

export const replayedSchema = z.strictObject({
  remediation_id: remediationIdSchema,
  /** When it was decided. */
  at: instantSchema,
  container: z.string(),
  action: askedActionSchema,
  principal: principalSchema,
  targets: z.array(z.string()),
  dry_run: z.boolean(),
  was: verdictSchema,
  would_be: verdictSchema,
  change: z.enum(['none', 'approved', 'refused', 'other_reason']),
  /** The gates that would refuse, with their numbers. */
  gates: z.array(gateVerdictSchema),
  /** How it ended in truth; null: it did not, or was never approved. */
  outcome: outcomeSchema.nullable(),
  assumed: assumedSchema.nullable(),
});
export type Replayed = z.infer<typeof replayedSchema>;

export const replayReplySchema = z.strictObject({
  since: instantSchema,
  until: instantSchema,
  /** Every setting that the replay was made with. */
  policy: detailsSchema,
  /** The oldest fact that was read. Nothing is known of the time before it; null: there is no fact. */
  facts_from: instantSchema.nullable(),
  /** Do the facts reach back to the first that was ever stated? */
  from_the_beginning: z.boolean(),
  facts: z.int().min(0),
  /** Requests decided between `since` and `until`, and what would become of them. */
  requests: z.int().min(0),
  unchanged: z.int().min(0),
  newly_approved: z.int().min(0),
  newly_refused: z.int().min(0),
  other_reason: z.int().min(0),
  /** Of the newly approved: how many have an end that is assumed to be like that of another. */
  assumed_like_another: z.int().min(0),
  /** In the order in which they were decided. */
  decisions: z.array(replayedSchema),
  /** Give it as `after` for the next page; null: this was the last. */
  next: z.int().min(0).nullable(),
});
export type ReplayReply = z.infer<typeof replayReplySchema>;

export const rebuildRequestSchema = z.strictObject({
  limit: z.int().min(1).max(500).default(100),
});

export const cellParts = [
  'epoch',
  'lease',
  'cooldown',
  'back_off',
  'breaker',
  'rate',
  'limits',
  'kill_switch',
  'maintenance',
] as const;

export const differenceSchema = z.strictObject({
  /** A canonical target, or `control`. */
  target: z.string(),
  part: z.enum(cellParts),
  /** In the KV now. */
  live: z.unknown(),
  /** As the facts say. */
  rebuilt: z.unknown(),
  message: z.string(),
});
export type Difference = z.infer<typeof differenceSchema>;

export const rebuildReplySchema = z.strictObject({
  /** Is everything as the facts say? */
  same: z.boolean(),
  facts_from: instantSchema.nullable(),
  from_the_beginning: z.boolean(),
  facts: z.int().min(0),
  /** Targets that were compared. */
  targets: z.int().min(0),
  different: z.int().min(0),
  /** Of all differences the first `limit`. */
  differences: z.array(differenceSchema),
  truncated: z.boolean(),
});
export type RebuildReply = z.infer<typeof rebuildReplySchema>;
