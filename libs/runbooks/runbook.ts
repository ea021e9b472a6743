import type { Step } from '#libs/contracts/plan';
import type { Details } from '#libs/contracts/scalars';
import type { ResolvedTarget } from '#libs/contracts/target';

/** How a patient is looked at after a step; from the settings of whoever makes the plan. */
export type VerificationSettings = {
  readonly stabilitySeconds: number;
  readonly timeoutSeconds: number;
  /** Names (container or Compose service) whose health the configured target server tells. */
  readonly httpHealthOf: readonly string[];
};

/** A plan in the making: data in, steps out. Adding one: a file with this shape, and its name in the catalogue. */
export type Runbook = {
  readonly name: string;
  readonly summary: string;
  steps(targets: readonly ResolvedTarget[], params: Details, settings: VerificationSettings): readonly Step[];
};
