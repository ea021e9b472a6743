import type { Expectation } from '#libs/contracts/plan';
import type { VerificationSettings } from './runbook.ts';

/** What a patient must look like after a step, for as long as the settings say. */
export function expectationOf(
  state: Expectation['state'],
  httpHealth: boolean,
  settings: VerificationSettings,
): Expectation {
  return {
    state,
    http_health: httpHealth,
    stability_seconds: settings.stabilitySeconds,
    timeout_seconds: settings.timeoutSeconds,
    ...(state === 'running' ? { starting_seconds: settings.startingSeconds } : {}),
  };
}
