import { z } from 'zod';
import type { Expectation } from './plan.ts';

/** What a HEALTHCHECK states of its pace. */
export const healthcheckSchema = z.strictObject({
  start_period_seconds: z.number().min(0),
  interval_seconds: z.number().min(0),
  retries: z.int().min(0),
});
export type Healthcheck = z.infer<typeof healthcheckSchema>;

type Patient = {
  readonly healthcheck?: Healthcheck | undefined;
  readonly replicas?:
    | { readonly desired: number; readonly members?: readonly unknown[] | undefined }
    | undefined;
};

/**
 * How long a patient is looked at that is still starting: for as long as its HEALTHCHECK may call it so, within what the
 * expectation allows. Undefined: not longer than any other.
 */
export function longerLook(
  { state, starting_seconds = 0, stability_seconds, timeout_seconds }: Expectation,
  { healthcheck, replicas }: Patient,
): { readonly seconds: number; readonly why: string } | undefined {
  if (!healthcheck || state !== 'running' || starting_seconds === 0) return undefined;
  const { start_period_seconds, interval_seconds, retries } = healthcheck;
  // Swarm may start one replica after the other, and each only when it comes to it.
  const swarm = replicas !== undefined && !replicas.members;
  const stated = (swarm ? Math.max(1, replicas.desired) : 1) * startSeconds(healthcheck);
  const seconds = Math.min(stated, starting_seconds) + (swarm ? timeout_seconds : 0) + stability_seconds;
  if (seconds <= timeout_seconds) return undefined;
  const bound =
    stated > starting_seconds ? `, and HEMOSTAT_START_PERIOD_MAX_SECONDS allows ${starting_seconds} s` : '';
  const why = `its HEALTHCHECK has a start period of ${start_period_seconds} s and ${retries} retries, ${interval_seconds} s apart${bound}`;
  return { seconds, why };
}

/** Seconds after its start within which Docker says of a patient that it is healthy or not. */
export function startSeconds({ start_period_seconds, interval_seconds, retries }: Healthcheck): number {
  return start_period_seconds + retries * interval_seconds;
}
