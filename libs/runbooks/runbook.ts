import type { z } from 'zod';
import type { Step } from '#libs/contracts/plan';
import type { ScaleWish } from '#libs/contracts/rpc';
import type { Details } from '#libs/contracts/scalars';
import type { ResolvedTarget, TargetKind } from '#libs/contracts/target';

/** How a patient is looked at after a step; from the settings of whoever makes the plan. */
export type VerificationSettings = {
  readonly stabilitySeconds: number;
  readonly timeoutSeconds: number;
  /** The longest start by its HEALTHCHECK that is waited for. */
  readonly startingSeconds: number;
  /** Names (container or Compose service) whose health the configured target server tells. */
  readonly httpHealthOf: readonly string[];
};

/** The containers that the settings name, for runbooks that are about them. */
export type ConfiguredTargets = { readonly api: string; readonly database: string };

/** Cleaning up where the name says; null: in the Compose project of the container. */
export type CleanupWish = { readonly scope: string | null };

/**
 * A container by a name of it, which its engine has to resolve, with `scale` to its service and what would go with
 * it, with `cleanup` to where to clean up; or what else is acted upon.
 */
export type Concern =
  | { readonly container: string; readonly scale?: ScaleWish; readonly cleanup?: CleanupWish }
  | { readonly kind: Extract<TargetKind, 'endpoint' | 'cleanup'>; readonly name: string };

/** A plan in the making: data in, steps out. Adding one: a file with this shape, and its name in the catalogue. */
export type Runbook = {
  readonly name: string;
  readonly summary: string;
  readonly params: z.ZodType<Details>;
  /** Must, may or must a request not name a container? Without one `about` says what answers and events call it. */
  readonly container: 'named' | 'optional' | 'implied';
  /** Of one that may: what a request with these parameters lacks without a container; undefined: nothing. */
  lacking?(params: Details): string | undefined;
  /** The parameters that each mend it. */
  readonly insteadOfContainer?: readonly string[];
  about(configured: ConfiguredTargets): string;
  /** All that it may act upon, each leased before anything begins; `container` is what the request names. */
  concerns(container: string, params: Details, configured: ConfiguredTargets): readonly Concern[];
  /** `targets` are the concerns, resolved, in their order. */
  steps(targets: readonly ResolvedTarget[], params: Details, settings: VerificationSettings): readonly Step[];
};
