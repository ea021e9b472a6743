import { z } from 'zod';
import { canonicalJson } from './json.ts';
import { askedActionSchema, containerRefSchema, detailsSchema, engineSchema } from './scalars.ts';

const eventSchema = z.object({
  container: containerRefSchema.optional(),
  action: askedActionSchema,
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
const statusSchema = z
  .unknown()
  .refine((status) => String(status).toLowerCase() !== 'resolved', {
    error: 'says that the alert is over, so nothing is done',
  })
  .optional();
const envelopeSchema = z.object({
  event_type: z.literal('remediation_needed').optional(),
  status: statusSchema,
});
const flatSchema = z.intersection(envelopeSchema, givenSchema);
const nestedSchema = envelopeSchema.extend({
  data: z.intersection(z.object({ status: statusSchema }), givenSchema),
});

/**
 * HemoStat's input event in either shape: flat as its document says, or nested under `data` as its
 * publishers really send it. Members that are not ours are ignored: publishers may send more.
 */
export function remediationNeededSchemaFor(input: unknown): z.ZodType<RemediationNeeded> {
  return isNested(input)
    ? nestedSchema.transform(({ data: { status: _, ...event } }) => event)
    : flatSchema.transform(({ event_type: _, status: __, ...event }) => event);
}

/** The members of an event that can be read each by itself, where the whole cannot; undefined when the action is none of them. */
export function readableIn(input: unknown): RemediationNeeded | undefined {
  const members = isNested(input) ? input.data : isObject(input) ? input : {};
  const read = Object.entries(eventSchema.shape).flatMap(([name, schema]) => {
    const { data } = schema.safeParse(members[name]);
    return data === undefined ? [] : [[name, data]];
  });
  return eventSchema.safeParse(Object.fromEntries(read)).data;
}

/**
 * The event with what stands beside `data` and what stands in it as one: none of it is dropped. `differs` names a member that
 * stands in both places and not the same.
 */
export function united(input: unknown): { readonly event: unknown; readonly differs?: string } {
  if (!isObject(input) || !isObject(input.data)) return { event: input };
  const [beside, inside] = [oursIn(input), oursIn(input.data)];
  const differs = Object.keys(beside).find(
    (name) => name in inside && canonicalJson(beside[name]) !== canonicalJson(inside[name]),
  );
  const event = isNested(input)
    ? { ...input, data: { ...beside, ...input.data, ...inside } }
    : { ...input, ...inside, ...beside };
  return { event, ...(differs === undefined ? {} : { differs }) };
}

function oursIn(members: Members): Members {
  return Object.fromEntries(
    Object.entries(members).filter(([name, value]) => name in eventSchema.shape && value !== null),
  );
}

type Members = Readonly<Record<string, unknown>>;

function isNested(input: unknown): input is { readonly data: Members } {
  return isObject(input) && isObject(input.data) && !('container' in input);
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function withoutNulls(value: unknown): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null));
}
