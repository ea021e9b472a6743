import { z } from 'zod';

/** What a run left behind, as seen from outside: by its clients, in NATS, at the Docker Engine, by who killed. */

const ms = z.number().min(0);

/** One attempt of a client; a retry is another one under the same key. */
export const attemptSchema = z.strictObject({
  door: z.enum(['http', 'nats']),
  principal: z.string(),
  key: z.string(),
  /** The process that was asked. */
  asked: z.string(),
  sent_at: ms,
  /** With an answer or without one; of which the status tells. NATS answers with its confirmation alone. */
  ended_at: ms,
  answered: z.boolean(),
  status: z.number().nullable(),
  remediation_id: z.string().nullable(),
  outcome: z.string().nullable(),
});
export type Attempt = z.infer<typeof attemptSchema>;

export const messageSchema = z.strictObject({
  stream: z.string(),
  sequence: z.number(),
  stored_at: ms,
  subject: z.string(),
  trace_id: z.string().nullable(),
  body: z.unknown(),
});
export type Message = z.infer<typeof messageSchema>;

export const engineEventSchema = z.looseObject({
  Action: z.string(),
  Actor: z.looseObject({ ID: z.string(), Attributes: z.record(z.string(), z.string()).default({}) }),
  timeNano: z.number(),
});
export type EngineEvent = z.infer<typeof engineEventSchema>;

/** When a patient said that it was started; what the engine's events lose when the engine itself is killed. */
export const readingSchema = z.strictObject({ container_id: z.string(), started_at: ms });
export type Reading = z.infer<typeof readingSchema>;

export const killed = ['gateway', 'safety', 'executor', 'verifier', 'audit', 'nats', 'engine'] as const;
export const killSchema = z.strictObject({
  at: ms,
  what: z.enum(killed),
  process: z.string(),
  /** When its replacement ran, and when that said that it is ready. */
  replaced_at: ms,
  ready_at: ms,
});
export type Kill = z.infer<typeof killSchema>;

export const cutSchema = z.strictObject({ from: ms, until: ms });
export type Cut = z.infer<typeof cutSchema>;

export const logLineSchema = z.looseObject({
  service: z.string().optional(),
  msg: z.string().optional(),
  remediation_id: z.string().optional(),
  trace_id: z.string().optional(),
});
export type LogLine = {
  readonly process: string;
  readonly line: z.infer<typeof logLineSchema>;
  readonly text: string;
};

export const runSchema = z.strictObject({
  seed: z.number(),
  /** What was done to patients before is nobody's effect. */
  began_at: ms,
  last_fault_at: ms,
  ends_within_seconds: z.number(),
  /** Safety's settings as its processes had them. */
  settings: z.record(z.string(), z.string()),
  patients: z.array(z.strictObject({ name: z.string(), id: z.string() })),
});
export type Run = z.infer<typeof runSchema>;

export type Evidence = {
  readonly run: Run;
  readonly attempts: readonly Attempt[];
  readonly messages: readonly Message[];
  readonly auditLines: readonly string[];
  readonly engineEvents: readonly EngineEvent[];
  readonly readings: readonly Reading[];
  readonly kills: readonly Kill[];
  readonly cuts: readonly Cut[];
  readonly logs: readonly LogLine[];
};

/** What a check looked at, and what it objects to. */
export type Finding = {
  readonly invariant: string;
  readonly checked: number;
  readonly of: string;
  readonly offences: readonly string[];
};
