import { z } from 'zod';
import type { Healthcheck } from '#libs/contracts/healthcheck';

/** A HEALTHCHECK as the engine writes it: durations in nanoseconds; 0 or nothing stands for its defaults. */
export const healthConfigSchema = z
  .looseObject({
    Test: z.array(z.string()).nullish(),
    StartPeriod: z.number().nullish(),
    Interval: z.number().nullish(),
    Retries: z.int().nullish(),
  })
  .nullish();

const defaultIntervalNs = 30e9;
const defaultRetries = 3;

/** Undefined: there is none, or none that is switched on. */
export function healthcheckOf(config: z.output<typeof healthConfigSchema>): Healthcheck | undefined {
  const [kind = 'NONE'] = config?.Test ?? [];
  if (kind === 'NONE') return undefined;
  return {
    start_period_seconds: (config?.StartPeriod ?? 0) / 1e9,
    interval_seconds: (config?.Interval || defaultIntervalNs) / 1e9,
    retries: config?.Retries || defaultRetries,
  };
}
