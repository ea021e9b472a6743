import { z } from 'zod';
import { commaList, nonNegativeInteger, readConfig, seconds, url } from '#libs/runtime/config';

const settingsSchema = z.object({
  TARGET_SERVER_URL: url({ default: 'http://localhost:8000' }),
  HEALTH_CHECK_TIMEOUT_SECONDS: seconds({ min: 0.1, max: 300, default: 10 }),
  HEALTH_CHECK_INTERVAL_SECONDS: seconds({ max: 86_400, default: 30 }),
  HEMOSTAT_HEALTHY_STATUSES: commaList(['ok', 'healthy', 'up', 'pass']),
  HEMOSTAT_DEGRADED_STATUSES: commaList(['warning', 'degraded']),
  HEMOSTAT_UNHEALTHY_STATUSES: commaList(['unhealthy', 'critical', 'down', 'error', 'fail', 'failed']),
  HEMOSTAT_ERROR_RATE_LIMIT_PERCENT: nonNegativeInteger({ max: 100, default: 50 }),
  HEMOSTAT_VERIFY_POLL_MS: nonNegativeInteger({ min: 10, max: 10_000, default: 1_000 }),
});

/** What the words and numbers of a target server mean. Words are lower case. */
export type Meaning = {
  readonly healthy: ReadonlySet<string>;
  readonly degraded: ReadonlySet<string>;
  readonly unhealthy: ReadonlySet<string>;
  readonly errorRateLimitPercent: number;
};

export type VerifierConfig = {
  readonly targetUrl: string;
  /** For the three answers together. */
  readonly healthTimeoutMs: number;
  /** Between two looks that nobody asked for; 0: none. */
  readonly intervalMs: number;
  readonly pollMs: number;
  readonly meaning: Meaning;
};

export function readVerifierConfig(env: NodeJS.ProcessEnv): VerifierConfig {
  const settings = readConfig(settingsSchema, env);
  return {
    targetUrl: settings.TARGET_SERVER_URL,
    healthTimeoutMs: settings.HEALTH_CHECK_TIMEOUT_SECONDS * 1_000,
    intervalMs: settings.HEALTH_CHECK_INTERVAL_SECONDS * 1_000,
    pollMs: settings.HEMOSTAT_VERIFY_POLL_MS,
    meaning: {
      healthy: wordSet(settings.HEMOSTAT_HEALTHY_STATUSES),
      degraded: wordSet(settings.HEMOSTAT_DEGRADED_STATUSES),
      unhealthy: wordSet(settings.HEMOSTAT_UNHEALTHY_STATUSES),
      errorRateLimitPercent: settings.HEMOSTAT_ERROR_RATE_LIMIT_PERCENT,
    },
  };
}

function wordSet(words: readonly string[]): ReadonlySet<string> {
  return new Set(words.map((word) => word.toLowerCase()));
}
