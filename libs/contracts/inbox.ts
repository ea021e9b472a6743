import { z } from 'zod';
import { containerRefSchema, detailsSchema, engineSchema, planNameSchema } from './scalars.ts';

const eventSchema = z.object({
  container: containerRefSchema.optional(),
  action: planNameSchema,
  engine: engineSchema.optional(),
  params: detailsSchema.optional(),
  command: z.union([z.string().max(4096), z.array(z.string().max(4096)).max(64)]).optional(),
  replicas: z.int().min(0).max(1000).optional(),
  reason: z.string().max(2000).optional(),
  confidence: z.number().min(0).max(1).optional(),
  metrics: detailsSchema.optional(),
  analysis_method: z.string().max(200).optional(),
  dry_run: z.boolean().optional(),
  remediation_id: z.string().min(1).max(256).optional(),
});
export type RemediationNeeded = z.infer<typeof eventSchema>;

// Publishers in languages with a null send it for what they do not know.
const givenSchema = z.preprocess(withoutNulls, eventSchema);
const eventTypeSchema = z.object({ event_type: z.literal('remediation_needed').optional() });
const flatSchema = z.intersection(eventTypeSchema, givenSchema);
const nestedSchema = eventTypeSchema.extend({ data: givenSchema });

/**
 * HemoStat's input event in either shape: flat as its document says, or nested under `data` as its
 * publishers really send it. Members that are not ours are ignored: publishers may send more.
 */
export function remediationNeededSchemaFor(input: unknown): z.ZodType<RemediationNeeded> {
  const nested = isObject(input) && isObject(input.data) && !('container' in input);
  return nested
    ? nestedSchema.transform((event) => event.data)
    : flatSchema.transform(({ event_type: _, ...event }) => event);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function withoutNulls(value: unknown): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null));
}
