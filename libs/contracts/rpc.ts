import { z } from 'zod';
import { troubleSchema } from './audit-head.ts';
import { auditProofSchema } from './audit-proof.ts';
import { auditRecordSchema } from './audit-record.ts';
import { boundSchema, replacedBySchema } from './bound.ts';
import { cellSchema, controlSchema } from './cell.ts';
import { verdicts } from './facts.ts';
import { gateVerdictSchema } from './gates.ts';
import { healthcheckSchema } from './healthcheck.ts';
import { expectationSchema, planSchema } from './plan.ts';
import { previewSchema } from './preview.ts';
import {
  rebuildReplySchema,
  rebuildRequestSchema,
  replayReplySchema,
  replayRequestSchema,
} from './replay.ts';
import {
  containerRefSchema,
  detailsSchema,
  engineSchema,
  givenInstantSchema,
  instantSchema,
  planNameSchema,
  principalSchema,
  reasonSchema,
  requestIdSchema,
} from './scalars.ts';
import { resolvedTargetSchema, targetIdPattern, targetSchema } from './target.ts';

/** Request and reply of every verb: `hemostat.rpc.<service>.<verb>`, JSON both ways. */

const nothing = z.strictObject({});
export type Verb<Q extends z.ZodType = z.ZodType, A extends z.ZodType = z.ZodType> = {
  readonly request: Q;
  readonly reply: A;
};
const verb = <Q extends z.ZodType, A extends z.ZodType>(request: Q, reply: A): Verb<Q, A> => ({
  request,
  reply,
});

const memberSchema = z.strictObject({
  container_id: z.string(),
  container_name: z.string(),
  status: z.string(),
  running: z.boolean(),
  restarting: z.boolean(),
  started_at: z.string().nullable(),
  exit_code: z.int().nullable(),
  health: z.enum(['none', 'starting', 'healthy', 'unhealthy']),
  /** The remediation that made it, if one did. */
  made_by: z.string().nullable(),
});
export type Member = z.infer<typeof memberSchema>;

export const replicasReadingSchema = z.strictObject({
  /** Of a Swarm service: how many it shall have. Of a Compose service: how many containers there are. */
  desired: z.int().min(0),
  running: z.int().min(0),
  /** Swarm's number of the state that the service is in, and how often its tasks were replaced on demand. */
  version: z.int().optional(),
  force_update: z.int().optional(),
  /** Why Swarm did not bring its last update to an end; null: it did, or still does. */
  update_trouble: z.string().nullable().optional(),
  /** The containers of a Compose service. */
  members: z.array(memberSchema).optional(),
});

/** How many of a service must run; with `made_by` only those count that this remediation made. */
export const replicasWantedSchema = z.strictObject({
  running: z.int().min(0),
  made_by: z.string().nullable(),
});
export type ReplicasWanted = z.infer<typeof replicasWantedSchema>;

/** What the engine says of a container right now, or of all that belong to a service. */
export const containerReadingSchema = z.strictObject({
  exists: z.boolean(),
  container_id: z.string().nullable(),
  status: z.string(),
  running: z.boolean(),
  paused: z.boolean(),
  restarting: z.boolean(),
  started_at: z.string().nullable(),
  finished_at: z.string().nullable(),
  /** Of the run that ended; null: it runs, or never ran. */
  exit_code: z.int().nullable(),
  oom_killed: z.boolean(),
  health: z.enum(['none', 'starting', 'healthy', 'unhealthy']),
  health_log: z.string().nullable(),
  /** Absent: it has none. */
  healthcheck: healthcheckSchema.optional(),
  /** What becomes of it when its run ends. */
  ending: z
    .strictObject({
      restart_policy: z.string(),
      /** Null: it states none, and the engine takes SIGTERM. */
      stop_signal: z.string().nullable(),
      removed: z.boolean(),
    })
    .optional(),
  /** What it may use; null: no limit. `memory_swap_bytes` counts memory and swap together. */
  resources: z
    .strictObject({
      memory_bytes: z.number().nullable(),
      memory_swap_bytes: z.number().nullable(),
      cpus: z.number().nullable(),
      cpu_shares: z.number().nullable(),
      pids_limit: z.number().nullable(),
    })
    .optional(),
  /** Of a service: how many there are of it. The rest of the reading is about all of them together. */
  replicas: replicasReadingSchema.optional(),
  /** What was asked for by its id is not the target any more: this one is. The rest speaks of the one that was asked for. */
  replaced_by: replacedBySchema.optional(),
});
export type ContainerReading = z.infer<typeof containerReadingSchema>;

/** Is it gone, or as good as? Nothing brings it back. */
export function isRemoved({ exists, status }: ContainerReading): boolean {
  return !exists || status === 'removing' || status === 'dead';
}

export const lookupSchema = z.discriminatedUnion('status', [
  z.strictObject({
    status: z.literal('resolved'),
    resolved: resolvedTargetSchema,
    /** What it cannot be done without touching, too. */
    further: z.array(resolvedTargetSchema).optional(),
  }),
  z.strictObject({ status: z.literal('not_found'), message: z.string() }),
  z.strictObject({ status: z.literal('ambiguous'), message: z.string(), candidates: z.array(z.string()) }),
]);
export type Lookup = z.infer<typeof lookupSchema>;

/** More or fewer of a service: so many in all, or one. */
export const scaleWishSchema = z.strictObject({
  direction: z.enum(['up', 'down']),
  replicas: z.int().min(0).optional(),
});
export type ScaleWish = z.infer<typeof scaleWishSchema>;

export const executorVerbs = {
  /** With `scale` it is the service of the container that is looked for, and what would go with it. */
  resolve: verb(
    z.strictObject({ container: containerRefSchema, scale: scaleWishSchema.optional() }),
    lookupSchema,
  ),
  preview: verb(z.strictObject({ plan: planSchema }), previewSchema),
  /** What the steps that act on the engine as a whole would act on, by their numbers in the plan. */
  bind: verb(
    z.strictObject({ plan: planSchema }),
    z.strictObject({ steps: z.array(z.strictObject({ n: z.int().min(1), bound: boundSchema })) }),
  ),
  /** With `bound` it is that very one that is looked at, whatever is called so by now. */
  inspect: verb(
    z.strictObject({ target: targetSchema, bound: boundSchema.optional() }),
    containerReadingSchema,
  ),
  targets: verb(
    nothing,
    z.strictObject({
      engine: engineSchema,
      targets: z.array(resolvedTargetSchema.extend({ state: z.string(), image: z.string() })),
    }),
  ),
} as const satisfies Record<string, Verb>;

/** What the verifier has seen so far; it travels with the question, so that any replica can go on. */
export const progressSchema = z.strictObject({
  began_at: instantSchema,
  stable_since: instantSchema.nullable(),
  started_at: z.string().nullable(),
  /** Good answers of the target server in a row. */
  passes: z.int().min(0),
  /** Answers of the target server in a row that spoke of illness. */
  fails: z.int().min(0).default(0),
  /** Looks in a row that found the patient dead or its HEALTHCHECK unhealthy. */
  downs: z.int().min(0),
  /** Runs that ended while they were watched. */
  breaks: z.int().min(0),
  /** How the last of them ended, for a person. */
  last_end: z.string().default(''),
  /** How long it is looked at because it was seen starting; 0: it was not. */
  look_seconds: z.number().min(0).default(0),
});
export type Progress = z.infer<typeof progressSchema>;

export const targetHealthSchema = z.strictObject({
  is_healthy: z.boolean(),
  verdict: z.enum(verdicts),
  health_status: z.string().nullable(),
  database_status: z.string().nullable(),
  pool_health: z.string().nullable(),
  pool_utilization: z.number().nullable(),
  error_rate_percent: z.number().nullable(),
  avg_response_time_ms: z.number().nullable(),
  details: detailsSchema,
  error: z.string().optional(),
  message: z.string().optional(),
});
export type TargetHealth = z.infer<typeof targetHealthSchema>;

export const verifierVerbs = {
  /** Looks for a few seconds at most; `pending` asks to be called again with the progress. */
  check: verb(
    z.strictObject({
      target: targetSchema,
      bound: boundSchema.optional(),
      expectation: expectationSchema,
      /** Docker's StartedAt before the step: a patient that still has it was not restarted. */
      started_before: z.string().nullable(),
      /** Of a service; without it as many must run as the service wants by itself. */
      replicas: replicasWantedSchema.optional(),
      progress: progressSchema.nullable(),
    }),
    z.strictObject({
      verdict: z.enum([...verdicts, 'pending']),
      message: z.string(),
      readings: detailsSchema,
      progress: progressSchema,
    }),
  ),
  health: verb(nothing, targetHealthSchema),
} as const satisfies Record<string, Verb>;

const whichTarget = {
  /** A container name or id; or give the canonical target. */
  container: containerRefSchema.optional(),
  target: z.string().max(500).meta({ pattern: targetIdPattern }).optional(),
  engine: engineSchema.optional(),
};

export const cellStatusSchema = z.strictObject({
  target: z.string(),
  revision: z.int().min(0),
  lease: z
    .strictObject({
      remediation_id: z.string(),
      epoch: z.int(),
      state: z.string(),
      deadline_at: instantSchema,
    })
    .nullable(),
  cooldown: z.strictObject({ until: instantSchema, remaining_seconds: z.int().min(0) }).nullable(),
  back_off: z
    .strictObject({ until: instantSchema, remaining_seconds: z.int().min(0), failures: z.int() })
    .nullable(),
  breaker: z.strictObject({
    state: z.enum(['closed', 'open', 'half_open']),
    retry_count: z.int().min(0),
    limit: z.int(),
    open_until: instantSchema.nullable(),
  }),
  cell: cellSchema,
});
export type CellStatus = z.infer<typeof cellStatusSchema>;

const order = {
  actor: principalSchema,
  reason: reasonSchema,
  /** Sent again with the same request it has the same answer, and nothing is done again. */
  request_id: requestIdSchema.optional(),
};

export const resetParts = ['cooldown', 'back_off', 'breaker', 'rate'] as const;

export const safetyVerbs = {
  status: verb(
    z.strictObject(whichTarget),
    z.strictObject({
      control: controlSchema,
      cells: z.array(cellStatusSchema),
      /** How many more targets are remembered than fit into one answer. */
      left_out: z.int().min(0).default(0),
    }),
  ),
  explain: verb(
    z.strictObject({
      ...whichTarget,
      action: planNameSchema.default('restart'),
      endpoint: z.string().max(128).optional(),
      principal: principalSchema.default('anonymous'),
    }),
    z.strictObject({
      target: z.string(),
      would_be: z.enum(['approved', 'refused']),
      reason: z.string().optional(),
      message: z.string(),
      allowed_at: instantSchema.nullable(),
      gates: z.array(gateVerdictSchema),
    }),
  ),
  reset: verb(
    z.strictObject({
      ...whichTarget,
      /** Every target that has a cell. */
      all: z.boolean().default(false),
      parts: z
        .array(z.enum(resetParts))
        .min(1)
        .default([...resetParts]),
      ...order,
    }),
    z.strictObject({ reset: z.array(z.strictObject({ target: z.string(), changed: z.boolean() })) }),
  ),
  control: verb(
    z.strictObject({
      kill_switch: z.enum(['on', 'off']).optional(),
      /** Instant at which the kill switch lifts itself. */
      until: givenInstantSchema.optional(),
      maintenance: z
        .array(
          z.strictObject({
            from: givenInstantSchema,
            until: givenInstantSchema,
            targets: z.array(z.string()).default([]),
          }),
        )
        .max(100)
        .optional(),
      ...order,
    }),
    z.strictObject({ control: controlSchema }),
  ),
  /** Which recorded requests would be decided otherwise under another policy. */
  replay: verb(replayRequestSchema, replayReplySchema),
  /** Are the cells as the facts say? */
  rebuild: verb(rebuildRequestSchema, rebuildReplySchema),
} as const satisfies Record<string, Verb>;

/** What signed checkpoints show of the audit. */
const signedStateSchema = z.strictObject({
  /** The key, in one line, that they were checked with. */
  verifier_key: z.string().nullable(),
  checkpoints: z.int().min(0),
  newest: z.strictObject({ records: z.int().min(0), root: z.string() }).nullable(),
  /** Up to this record all is as it was signed. */
  proved_records: z.int().min(0),
  /** Behind the newest checkpoint; only the chain of hashes binds them. */
  unsigned_records: z.int().min(0),
  /** Of these, the oldest, only the hashes are kept. */
  removed_records: z.int().min(0),
  /** What is wrong with the checkpoints themselves. */
  trouble: z.string().nullable(),
});

export const auditVerbs = {
  query: verb(
    z.strictObject({
      container: z.string().max(256).optional(),
      target: z.string().max(500).optional(),
      remediation_id: z.string().max(64).optional(),
      action: z.string().max(64).optional(),
      event: z.string().max(64).optional(),
      status: z.string().max(64).optional(),
      since: givenInstantSchema.optional(),
      until: givenInstantSchema.optional(),
      limit: z.int().min(1).max(1000).default(100),
    }),
    z.strictObject({ records: z.array(auditRecordSchema), truncated: z.boolean() }),
  ),
  verify: verb(
    /** `key`: the verifier key that checkpoints must be signed with; without it the audit service's own. */
    z.strictObject({ key: z.string().max(200).optional() }),
    z.strictObject({
      ok: z.boolean(),
      records: z.int().min(0),
      head: z.string(),
      files: z.array(z.string()),
      broken_at: z.strictObject({ file: z.string(), line: z.int().min(1), why: z.string() }).nullable(),
      /** From this record on the audit cannot be relied on. */
      doubtful_from: z.int().min(1).nullable(),
      signed: signedStateSchema,
      what_to_do: z.string().nullable(),
      /** Facts that NATS holds because the file cannot be written; `ok` is false meanwhile. */
      waiting: z.strictObject({ facts: z.int().min(0), cause: z.string(), remedy: z.string() }).nullable(),
    }),
  ),
  /** A proof that the records of a remediation stand in the audit, to be checked without it. */
  prove: verb(z.strictObject({ remediation_id: z.string().min(1).max(64) }), auditProofSchema),
  health: verb(
    nothing,
    z.strictObject({ trouble: troubleSchema.nullable(), checkpoints: troubleSchema.nullable() }),
  ),
} as const satisfies Record<string, Verb>;

export const safetyActVerbs = ['reset', 'control'] as const;
export type SafetyActVerb = (typeof safetyActVerbs)[number];

/** How an act of a person on safety stands in the stream of facts. */
export const safetyActSchema = z.strictObject({
  type: z.enum(safetyActVerbs),
  at: instantSchema,
  actor: principalSchema,
  reason: reasonSchema,
  targets: z.array(z.string()),
  request: detailsSchema,
});
export type SafetyAct = z.infer<typeof safetyActSchema>;

export const deadLetterSchema = z.strictObject({
  at: instantSchema,
  reason: z.string(),
  message: z.string(),
  stream: z.string(),
  sequence: z.int().min(0),
  subject: z.string(),
  /** The message as it came, cut to 64 KiB, base64 when it is no UTF-8 text. */
  payload: z.string(),
  encoding: z.enum(['utf8', 'base64']),
});
export type DeadLetter = z.infer<typeof deadLetterSchema>;
