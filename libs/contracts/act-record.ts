import { z } from 'zod';
import { safetyActVerbs } from './rpc.ts';
import { detailsSchema, instantSchema, principalSchema, reasonSchema } from './scalars.ts';
import { targetSchema } from './target.ts';

/** An act of a person on safety, under its request id for as long as its fact stands: what was asked, and the answer. */
export const actRecordSchema = z.strictObject({
  verb: z.enum(safetyActVerbs),
  /** The same for a retry, another for another request under the same id. */
  fingerprint: z.string(),
  asked_at: instantSchema,
  actor: principalSchema,
  reason: reasonSchema,
  targets: z.array(targetSchema),
  request: detailsSchema,
  /** Null until it is done. */
  reply: detailsSchema.nullable(),
});
export type ActRecord = z.infer<typeof actRecordSchema>;
