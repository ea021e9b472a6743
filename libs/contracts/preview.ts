import { z } from 'zod';
import { detailsSchema, planNameSchema } from './scalars.ts';

/** What a plan would do, without doing it: the exact calls, in order, and what to know before. */
export const previewSchema = z.strictObject({
  steps: z.array(
    z.strictObject({
      n: z.int().min(1),
      action: planNameSchema,
      command: z.string(),
      /** Said only of a step that would come to nothing; `command` says why. */
      applicable: z.literal(false).optional(),
      calls: z.array(z.string()),
      risk_level: z.enum(['none', 'low', 'medium', 'high']),
      reversible: z.boolean(),
      estimated_downtime_seconds: z.number().min(0),
      notes: z.array(z.string()),
      /** What the result would hold, where that can be told. */
      expected: detailsSchema.optional(),
    }),
  ),
});
export type Preview = z.infer<typeof previewSchema>;
