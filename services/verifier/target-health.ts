import type { TargetHealth } from '#libs/contracts/rpc';
import type { Meaning } from './config.ts';
import { answerDimension, type Dimension, errorRateDimension, wordDimension } from './dimensions.ts';
import { errorRateBetween, type Totals, totalsOf } from './error-rate.ts';
import type { EndpointReading, Failure, TargetReading } from './probe.ts';

/** Whoever asks how the target is has an answer by then: clients of the Action Server give up after five seconds. */
export const answeredWithinMs = 4_000;

export type Assessment = { readonly health: TargetHealth; readonly totals: Totals | undefined };

/** What three answers of a target say together. Pure; `before` are the totals of the look before this one. */
export function assess(
  reading: TargetReading,
  before: Totals | undefined,
  meaning: Meaning,
  address: string,
): Assessment {
  if (reading.health.kind === 'failed') {
    return { health: unreachable(reading.health.failure, address), totals: undefined };
  }
  const health = objectIn(reading.health);
  const application = objectAt(objectIn(reading.metrics), 'application');
  const pool = objectAt(objectIn(reading.pool), 'pool');
  const database = objectAt(objectAt(health, 'services'), 'database');
  const totals = totalsOf(application);
  const rate = errorRateBetween(before, totals, numberOrNull(application.error_rate_percent));
  const dimensions = {
    health_answer: answerDimension('health', reading.health),
    status: mustBeTold(wordDimension('status', health.status, meaning)),
    database: wordDimension('database status', database.status, meaning),
    pool: wordDimension('pool health', pool.pool_health, meaning),
    error_rate: errorRateDimension(rate, meaning.errorRateLimitPercent),
    metrics_answer: answerDimension('metrics', reading.metrics),
    pool_answer: answerDimension('pool status', reading.pool),
  };
  const verdict = verdictOf(Object.values(dimensions), dimensions.status);
  return {
    totals,
    health: {
      is_healthy: verdict === 'healthy',
      verdict,
      health_status: textOrNull(dimensions.status.value),
      database_status: textOrNull(dimensions.database.value),
      pool_health: textOrNull(dimensions.pool.value),
      pool_utilization: numberOrNull(pool.pool_utilization ?? pool.utilization_percent),
      error_rate_percent: rate.percent,
      avg_response_time_ms: numberOrNull(application.avg_response_time_ms),
      details: {
        health_check_passed: isGood(reading.health),
        metrics_available: isGood(reading.metrics),
        pool_status_available: isGood(reading.pool),
        dimensions,
      },
      message: messageOf(verdict, Object.values(dimensions)),
    },
  };
}

/**
 * Evidence of illness outweighs everything; what cannot be understood forbids to call it healthy; and the target's
 * own overall word must be a good one. A degraded part of a target that calls itself healthy is only noted.
 */
function verdictOf(dimensions: readonly Dimension[], status: Dimension): TargetHealth['verdict'] {
  if (dimensions.some(({ standing }) => standing === 'unhealthy')) return 'unhealthy';
  if (dimensions.some(({ standing }) => standing === 'inconclusive')) return 'inconclusive';
  return status.standing === 'healthy' ? 'healthy' : 'inconclusive';
}

function mustBeTold(dimension: Dimension): Dimension {
  return dimension.standing === 'missing' ? { ...dimension, standing: 'inconclusive' } : dimension;
}

function messageOf(verdict: TargetHealth['verdict'], dimensions: readonly Dimension[]): string {
  const notes = (...standings: readonly Dimension['standing'][]): string =>
    dimensions
      .filter(({ standing }) => standings.includes(standing))
      .map(({ note }) => note)
      .join('; ');
  if (verdict === 'unhealthy') return `The target server is unhealthy: ${notes('unhealthy')}.`;
  if (verdict === 'inconclusive')
    return `It cannot be told whether the target server is well: ${notes('inconclusive', 'degraded')}.`;
  const degraded = notes('degraded');
  return degraded === ''
    ? 'The target server is healthy.'
    : `The target server calls itself healthy, though ${degraded}.`;
}

/** Nobody listening, or no answer in time, speaks against the target; a name or a way that does not exist speaks against the settings. */
const whatFailureMeans: Readonly<Record<Failure, readonly [TargetHealth['verdict'], string, string]>> = {
  refused: ['unhealthy', 'connection_failed', 'nobody listens at'],
  reset: ['unhealthy', 'connection_failed', 'the connection was cut by'],
  timed_out: ['unhealthy', 'timeout', 'no answer came in time from'],
  no_answer_yet: [
    'inconclusive',
    'timeout',
    `no answer came within ${answeredWithinMs / 1_000} s, and it is still waited for, from`,
  ],
  no_such_host: ['inconclusive', 'connection_failed', 'there is no such host as in'],
  no_way: ['inconclusive', 'connection_failed', 'no HTTP answer could be had from'],
};

function unreachable(failure: Failure, address: string): TargetHealth {
  const [verdict, error, what] = whatFailureMeans[failure];
  return {
    is_healthy: false,
    verdict,
    health_status: null,
    database_status: null,
    pool_health: null,
    pool_utilization: null,
    error_rate_percent: null,
    avg_response_time_ms: null,
    details: { health_check_passed: false, metrics_available: false, pool_status_available: false, failure },
    error,
    message: `The target server cannot be reached: ${what} ${address}. Check that it runs, and that TARGET_SERVER_URL is right as seen from the verifier.`,
  };
}

type Members = Readonly<Record<string, unknown>>;

function objectIn(reading: EndpointReading): Members {
  return reading.kind === 'answered' ? asObject(reading.body) : {};
}

function objectAt(record: Members, name: string): Members {
  return asObject(record[name]);
}

function asObject(value: unknown): Members {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function isGood(reading: EndpointReading): boolean {
  return answerDimension('health', reading).standing === 'healthy';
}

function numberOrNull(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function textOrNull(value: Dimension['value']): string | null {
  return typeof value === 'string' ? value : null;
}
