import { z } from 'zod';
import { detailsSchema, instantSchema, principalSchema, reasonSchema } from './scalars.ts';

export const gateNames = [
  'control',
  'protected',
  'labels',
  'principal',
  'confidence',
  'maintenance',
  'busy',
  'cooldown',
  'back_off',
  'breaker',
  'rate',
] as const;
export type GateName = (typeof gateNames)[number];

/** The gates that a person with the scope `admin` may override: budgets only, never a lease or a protection. */
export const overridableGates = [
  'cooldown',
  'back_off',
  'breaker',
  'rate',
] as const satisfies readonly GateName[];
export type OverridableGate = (typeof overridableGates)[number];

/** Break glass: who overrode which gates, and why. It stands in every fact of its remediation. */
export const breakGlassSchema = z.strictObject({
  gates: z.array(z.enum(overridableGates)).min(1).max(overridableGates.length),
  principal: principalSchema,
  reason: reasonSchema,
});
export type BreakGlass = z.infer<typeof breakGlassSchema>;

/** Why safety said no. Stable codes: clients may branch on them. */
export const refusalReasons = [
  'kill_switch',
  'protected_target',
  'forbidden_by_label',
  'not_permitted',
  'low_confidence',
  'maintenance_window',
  'busy',
  'cooldown_active',
  'back_off_active',
  'circuit_breaker_open',
  'rate_limited',
  'container_not_found',
  'ambiguous_target',
  'invalid_request',
  'not_applicable',
  'expired',
] as const;
export const refusalReasonSchema = z.enum(refusalReasons);
export type RefusalReason = z.infer<typeof refusalReasonSchema>;

/** One gate's word on one request: every gate speaks in every verdict. */
export const gateVerdictSchema = z.strictObject({
  gate: z.enum(gateNames),
  target: z.string().optional(),
  pass: z.boolean(),
  /** It said no, and was overridden. */
  overridden: z.literal(true).optional(),
  reason: refusalReasonSchema.optional(),
  message: z.string(),
  numbers: detailsSchema.optional(),
  allowed_at: instantSchema.optional(),
  remaining_seconds: z.int().min(0).optional(),
});
export type GateVerdict = z.infer<typeof gateVerdictSchema>;
