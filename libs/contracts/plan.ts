import { z } from 'zod';
import { boundSchema } from './bound.ts';
import { detailsSchema, planNameSchema } from './scalars.ts';
import { targetSchema } from './target.ts';

/** What a patient must look like for a step to count as healed. Times in seconds. */
export const expectationSchema = z.strictObject({
  state: z.enum(['running', 'exited', 'paused']),
  /** Also ask the configured target server (TARGET_SERVER_URL) for its health. The URL never travels. */
  http_health: z.boolean(),
  stability_seconds: z.number().min(0).max(3600),
  timeout_seconds: z.number().positive().max(3600),
  /** How long a patient may be `starting` by its HEALTHCHECK, where that is longer; absent: no longer than the time-out. */
  starting_seconds: z.number().min(0).max(3600).optional(),
});
export type Expectation = z.infer<typeof expectationSchema>;

export const stepSchema = z.strictObject({
  n: z.int().min(1).max(32),
  action: planNameSchema,
  target: targetSchema,
  /** Absent: from before plans were bound, or it acts on no engine. */
  bound: boundSchema.optional(),
  params: detailsSchema,
  when: z.enum(['always', 'if_unhealthy']),
  verify: expectationSchema.nullable(),
  /** What a step that did not do what it should means for those after it; `end` unless told. */
  on_failure: z.enum(['end', 'go_on']).optional(),
});
export type Step = z.infer<typeof stepSchema>;

export const planSchema = z.strictObject({
  runbook: planNameSchema,
  steps: z.array(stepSchema).min(1).max(32),
});
export type Plan = z.infer<typeof planSchema>;
