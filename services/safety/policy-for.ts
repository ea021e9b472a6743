import type { Limits } from '#libs/contracts/limits';
import type { Policy } from './policy.ts';

/** The policy for a target whose labels ask for more care. Never looser than the policy itself, whatever they say. */
export function policyFor(policy: Policy, limits: Limits | undefined): Policy {
  if (!limits) return policy;
  const { cooldown_seconds = 0, max_retries = policy.breakerLimit, min_confidence = 0 } = limits;
  return {
    ...policy,
    cooldownMs: Math.max(policy.cooldownMs, cooldown_seconds * 1_000),
    breakerLimit: Math.min(policy.breakerLimit, max_retries),
    minConfidence: Math.max(policy.minConfidence, min_confidence),
  };
}
