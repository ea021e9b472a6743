import { z } from 'zod';
import { commaList, nonNegativeInteger, seconds } from '#libs/runtime/config';
import type { Log } from '#libs/runtime/log';
import { backOffMs } from './budget.ts';
import type { LeaseTiming, Policy } from './policy.ts';

/** All that decisions depend on, and nothing else: what a replay may try. */
export const policySettingsSchema = z.object({
  RESPONDER_COOLDOWN_SECONDS: seconds({ default: 3_600 }),
  RESPONDER_MAX_RETRIES_PER_HOUR: nonNegativeInteger({ min: 1, max: 1_000, default: 3 }),
  HEMOSTAT_BACK_OFF_SECONDS: seconds({ default: 60 }),
  HEMOSTAT_BACK_OFF_MAX_SECONDS: seconds({ default: 600 }),
  HEMOSTAT_BREAKER_OPEN_SECONDS: seconds({ default: 3_600 }),
  HEMOSTAT_RATE_LIMIT: nonNegativeInteger({ min: 1, max: 10_000, default: 5 }),
  HEMOSTAT_RATE_WINDOW_SECONDS: seconds({ min: 1, default: 60 }),
  HEMOSTAT_DENIED_PRINCIPALS: commaList([]),
  MIN_CONFIDENCE: z
    .string()
    .regex(/^(0(\.\d+)?|1(\.0+)?)$/, 'a number from 0 to 1, for example 0.8')
    .default('0')
    .transform(Number),
});
export type PolicySettings = z.output<typeof policySettingsSchema>;

export const safetySettingsSchema = policySettingsSchema.extend({
  HEMOSTAT_PAUSE_SECONDS: seconds({ default: 10 }),
  HEMOSTAT_VERIFY_TIMEOUT_SECONDS: seconds({ min: 1, max: 3_600, default: 60 }),
  ACTION_TIMEOUT_SECONDS: seconds({ min: 1, max: 3_600, default: 120 }),
  /** Paths of the key that approvals are signed with, and of its public half. */
  HEMOSTAT_DECISION_KEY_FILE: z.string().optional(),
  HEMOSTAT_DECISION_PUBLIC_KEY_FILE: z.string().optional(),
});
export type SafetySettings = z.output<typeof safetySettingsSchema>;

const hourMs = 3_600_000;
const slackMs = 5_000;

export function policyFrom(settings: PolicySettings): Policy {
  return {
    cooldownMs: settings.RESPONDER_COOLDOWN_SECONDS * 1_000,
    backOffBaseMs: settings.HEMOSTAT_BACK_OFF_SECONDS * 1_000,
    backOffMaxMs: settings.HEMOSTAT_BACK_OFF_MAX_SECONDS * 1_000,
    breakerLimit: settings.RESPONDER_MAX_RETRIES_PER_HOUR,
    breakerWindowMs: hourMs,
    breakerOpenMs: settings.HEMOSTAT_BREAKER_OPEN_SECONDS * 1_000,
    rateLimit: settings.HEMOSTAT_RATE_LIMIT,
    rateWindowMs: settings.HEMOSTAT_RATE_WINDOW_SECONDS * 1_000,
    minConfidence: settings.MIN_CONFIDENCE,
    deniedPrincipals: settings.HEMOSTAT_DENIED_PRINCIPALS,
  };
}

/** The deadline covers the longest step; the quarantine the longest pause and call that are assumed. */
export function timingFrom(settings: SafetySettings): LeaseTiming {
  const callMs = settings.ACTION_TIMEOUT_SECONDS * 1_000;
  const verifyMs = settings.HEMOSTAT_VERIFY_TIMEOUT_SECONDS * 1_000;
  return {
    slackMs,
    stepMs: 2 * callMs + verifyMs + 2 * slackMs,
    quarantineMs: settings.HEMOSTAT_PAUSE_SECONDS * 1_000 + callMs + slackMs,
  };
}

/** Settings that can be used but make a guard pointless are said aloud. */
export function warnOfUselessSettings(policy: Policy, log: Log): void {
  let spentMs = 0;
  for (let failures = 1; failures < policy.breakerLimit; failures += 1)
    spentMs += backOffMs(failures, policy);
  if (spentMs >= policy.breakerWindowMs) {
    log.warn(
      'The circuit breaker cannot be reached: back-off lets fewer attempts through in an hour than RESPONDER_MAX_RETRIES_PER_HOUR. Lower that limit or HEMOSTAT_BACK_OFF_SECONDS.',
    );
  }
}
