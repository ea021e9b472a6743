import { z } from 'zod';
import { instantSchema } from './scalars.ts';

/** Which messages of one stream stand in the audit. */
export const auditPositionSchema = z.strictObject({
  /** The highest sequence that stands there; 0: none. */
  last: z.int().min(0),
  /** When the newest of them was stored: a lower sequence that is younger belongs to a stream that began again. */
  newest_at: instantSchema.nullable(),
  /** Ranges below `last` that do not stand there (yet); with `after`, only what was stored later than it is meant. */
  gaps: z.array(
    z.strictObject({ from: z.int().min(1), to: z.int().min(1), after: instantSchema.nullable() }),
  ),
});
export type AuditPosition = z.infer<typeof auditPositionSchema>;

/** The head of the audit's chain, in the bucket of the audit. Every append moves it by compare-and-set. */
export const auditHeadSchema = z.strictObject({
  n: z.int().min(0),
  hash: z.string(),
  /** Who appended last; a replica that was overtaken cannot move the head any more. */
  owner: z.string(),
  /** Where the kept part of the chain begins: its first record, and the hash before it. */
  oldest: z.strictObject({ n: z.int().min(1), prev: z.string() }),
  /** Up to record `n` all stands in the stream of the audit too, at or below `sequence`. */
  copied: z.strictObject({ n: z.int().min(0), sequence: z.int().min(0) }),
  /**
   * What the RFC 9162 tree over all records remembers of itself, as large as `n`: the roots of its perfect subtrees,
   * the largest first, in base64. Missing where a part of the audit was lost before there was a tree.
   */
  tree: z.array(z.string()).optional(),
  /** By the name of the stream. */
  positions: z.record(z.string(), auditPositionSchema),
});
export type AuditHead = z.infer<typeof auditHeadSchema>;

export const troubleSchema = z.strictObject({ cause: z.string(), remedy: z.string() });

/** Which replica appends to the audit, and until when if it gives no sign of life. */
export const appenderSchema = z.strictObject({
  owner: z.string(),
  renewed_at: instantSchema,
  deadline_at: instantSchema,
  /** Why it cannot write the file at the moment, and what to do; the other replicas know it from here. */
  trouble: troubleSchema.optional(),
  /** Why it signs no checkpoints, and what to do. */
  checkpoints: troubleSchema.optional(),
});
export type Appender = z.infer<typeof appenderSchema>;
