import { z } from 'zod';
import { planNameSchema } from './scalars.ts';

/**
 * What the labels of a target ask for beyond the settings. Each member can only tighten; what is absent tightens
 * nothing. `unreadable` is what nobody can read: then nothing is done to the target.
 */
export const limitsSchema = z.strictObject({
  /** `hemostat.cooldown`: effective where it is longer than the setting. */
  cooldown_seconds: z.number().min(0).optional(),
  /** `hemostat.max-retries`: effective where it is lower than the setting. */
  max_retries: z.int().min(1).optional(),
  /** `hemostat.min-confidence`: effective where it is higher than the setting. */
  min_confidence: z.number().min(0).max(1).optional(),
  /** `hemostat.actions`: only these; none at all when empty. */
  actions: z.array(planNameSchema).max(64).optional(),
  unreadable: z.string().max(500).optional(),
});
export type Limits = z.infer<typeof limitsSchema>;
