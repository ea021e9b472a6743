import { z } from 'zod';
import { breakGlassSchema } from './gates.ts';
import { detailsSchema, instantSchema } from './scalars.ts';

/**
 * One line of the audit: one fact, or one act of a person on safety, or one dead letter. `hash` is SHA-256
 * over the canonical JSON of the record without it; `prev` is the hash of the record before.
 */
export const auditRecordSchema = z.strictObject({
  n: z.int().min(1),
  prev: z.string(),
  hash: z.string(),
  timestamp: instantSchema,
  /** Where the record comes from: stream and sequence make it unique. */
  stream: z.string(),
  sequence: z.int().min(1),
  /** `requested`, `decided`, `started`, `executed`, `verified`, `finished`, `complete`, `reset`, `control`, `dead_letter`. */
  event: z.string(),
  remediation_id: z.string().optional(),
  trace_id: z.string().optional(),
  /** The principal that asked, or the actor of a reset or a switch. */
  user: z.string().optional(),
  target: z.string().optional(),
  container: z.string().optional(),
  action: z.string().optional(),
  status: z.string().optional(),
  reason: z.string().optional(),
  confidence: z.number().optional(),
  metrics: detailsSchema.optional(),
  params: detailsSchema.optional(),
  break_glass: breakGlassSchema.optional(),
  /** The fact itself, whole. */
  result: detailsSchema,
});
export type AuditRecord = z.infer<typeof auditRecordSchema>;
