import { z } from 'zod';
import { gateVerdictSchema } from './gates.ts';
import { limitsSchema } from './limits.ts';
import {
  instantSchema,
  principalSchema,
  reasonSchema,
  remediationIdSchema,
  requestIdSchema,
} from './scalars.ts';
import { targetSchema } from './target.ts';

/**
 * The exclusive right to act on a target. `closing` means: its time is over, no call may begin any more,
 * and its end is being found out.
 */
export const leaseSchema = z.strictObject({
  id: remediationIdSchema,
  epoch: z.int().min(1),
  state: z.enum(['held', 'closing']),
  granted_at: instantSchema,
  deadline_at: instantSchema,
  closing_at: instantSchema.optional(),
  /** What was decided with the lease, so that any replica can state the same verdict after a crash. */
  gates: z.array(gateVerdictSchema),
  expires_at: instantSchema,
});
export type Lease = z.infer<typeof leaseSchema>;

/** Attempts that reached Docker and did not verify. Each state has only the members that it needs. */
export const breakerSchema = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('closed'), attempts: z.array(instantSchema) }),
  z.strictObject({ state: z.literal('open'), opened_at: instantSchema, attempts: z.array(instantSchema) }),
]);
export type Breaker = z.infer<typeof breakerSchema>;

export const cellSchema = z.strictObject({
  target: targetSchema,
  epoch: z.int().min(0),
  lease: leaseSchema.nullable(),
  /** Set when a remediation of this target completed verified. */
  cooldown: z.strictObject({ since: instantSchema, remediation_id: remediationIdSchema }).nullable(),
  back_off: z
    .strictObject({
      since: instantSchema,
      failures: z.int().min(1),
      /** It lasts so long at least; absent: as the settings say. */
      least_seconds: z.number().min(0).optional(),
    })
    .nullable(),
  breaker: breakerSchema,
  rate: z.record(z.string(), z.array(z.strictObject({ id: remediationIdSchema, at: instantSchema }))),
  /** What the target's labels asked for when it was last requested: its ends are counted under them. */
  limits: limitsSchema.optional(),
});
export type Cell = z.infer<typeof cellSchema>;

export const controlSchema = z.strictObject({
  kill_switch: z
    .strictObject({
      since: instantSchema,
      until: instantSchema.nullable(),
      actor: principalSchema,
      reason: reasonSchema,
    })
    .nullable(),
  maintenance: z.array(
    z.strictObject({
      from: instantSchema,
      until: instantSchema,
      /** Canonical target ids; empty means every target. */
      targets: z.array(z.string()),
      actor: principalSchema,
      reason: reasonSchema,
    }),
  ),
});
export type Control = z.infer<typeof controlSchema>;

export const controlMembers = ['kill_switch', 'maintenance'] as const;

/** The control as it is kept: with the orders that made it what it is, the latest ones only. */
export const keptControlSchema = controlSchema.extend({
  orders: z
    .array(
      z.strictObject({
        id: requestIdSchema,
        /** The revision at which it was written down that it was asked: orders stand in this order. */
        asked: z.int().min(0),
        sets: z.array(z.enum(controlMembers)),
      }),
    )
    .default([]),
});
export type KeptControl = z.infer<typeof keptControlSchema>;
