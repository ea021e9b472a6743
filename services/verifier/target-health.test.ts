import { describe, expect, it } from 'vitest';
import { targetHealthSchema } from '#libs/contracts/rpc';
import { readVerifierConfig } from './config.ts';
import type { EndpointReading, Failure, TargetReading } from './probe.ts';
import { assess } from './target-health.ts';

const { meaning } = readVerifierConfig({});
const answered = (body: unknown, status = 200): EndpointReading => ({ kind: 'answered', status, body });
const failed = (failure: Failure): EndpointReading => ({ kind: 'failed', failure });

const well: TargetReading = {
  health: answered({ status: 'ok', services: { database: { status: 'healthy' } } }),
  metrics: answered({ application: { error_rate_percent: 1.2, avg_response_time_ms: 34 } }),
  pool: answered({ pool: { pool_health: 'healthy', pool_utilization: 0.2 } }),
};
const look = (change: Partial<TargetReading>, before?: { requests: number; errors: number }) =>
  assess({ ...well, ...change }, before, meaning, 'http://target:8000').health;

describe('the health of a target', () => {
  it('is healthy when all that it tells is good, and shows the numbers', () => {
    expect(look({})).toMatchObject({
      is_healthy: true,
      verdict: 'healthy',
      health_status: 'ok',
      database_status: 'healthy',
      pool_health: 'healthy',
      pool_utilization: 0.2,
      error_rate_percent: 1.2,
      avg_response_time_ms: 34,
    });
  });

  it.each(['ok', 'healthy', 'UP', 'Pass'])('takes the word %s for healthy', (status) => {
    expect(look({ health: answered({ status }) }).verdict).toBe('healthy');
  });

  it.each(['warning', 'degraded'])('is not healthy and not unhealthy at the word %s', (status) => {
    expect(look({ health: answered({ status }) })).toMatchObject({
      verdict: 'inconclusive',
      is_healthy: false,
    });
  });

  it('is inconclusive at a word nobody knows, and says which setting to extend', () => {
    const health = look({ health: answered({ status: 'wobbly' }) });
    expect(health.verdict).toBe('inconclusive');
    expect(health.message).toMatch(/"wobbly".*HEMOSTAT_HEALTHY_STATUSES/);
  });

  it('is inconclusive when a part of it uses a word nobody knows', () => {
    expect(look({ pool: answered({ pool: { pool_health: 'wobbly' } }) }).verdict).toBe('inconclusive');
  });

  it('believes a target that calls itself healthy with a degraded pool, and notes it', () => {
    const health = look({ pool: answered({ pool: { pool_health: 'degraded' } }) });
    expect(health.verdict).toBe('healthy');
    expect(health.message).toContain('"degraded"');
  });

  it.each([
    ['the word unhealthy', { health: answered({ status: 'unhealthy' }) }],
    ['a 503 of its health', { health: answered({ status: 'ok' }, 503) }],
    [
      'an unhealthy database',
      { health: answered({ status: 'ok', services: { database: { status: 'unhealthy' } } }) },
    ],
    ['a critical pool', { pool: answered({ pool: { pool_health: 'critical' } }) }],
    ['errors above the limit', { metrics: answered({ application: { error_rate_percent: 50.1 } }) }],
  ])('is unhealthy at %s', (_, change) => {
    expect(look(change)).toMatchObject({ verdict: 'unhealthy', is_healthy: false });
  });

  it('does not count missing metrics as errors', () => {
    const health = look({ metrics: answered({ detail: 'Not Found' }, 404), pool: answered({}) });
    expect(health).toMatchObject({ verdict: 'healthy', error_rate_percent: null, pool_health: null });
  });

  it('is inconclusive, not unhealthy, when metrics exist but cannot be read', () => {
    expect(look({ metrics: answered(undefined, 500) }).verdict).toBe('inconclusive');
    expect(look({ pool: failed('timed_out') }).verdict).toBe('inconclusive');
    expect(look({ metrics: answered(undefined) }).verdict).toBe('inconclusive');
  });

  it('does not hold the errors of a lifetime against a target that has recovered', () => {
    const metrics = answered({
      application: { error_rate_percent: 80, total_requests: 1_100, total_errors: 801 },
    });
    expect(look({ metrics }).verdict).toBe('inconclusive');
    expect(look({ metrics }, { requests: 1_000, errors: 800 })).toMatchObject({
      verdict: 'healthy',
      error_rate_percent: 1,
    });
    expect(look({ metrics }, { requests: 1_100, errors: 801 }).verdict).toBe('healthy');
    expect(look({ metrics }, { requests: 1_000, errors: 701 }).verdict).toBe('unhealthy');
  });

  it.each([
    ['refused', 'unhealthy', 'connection_failed'],
    ['reset', 'unhealthy', 'connection_failed'],
    ['timed_out', 'unhealthy', 'timeout'],
    ['no_such_host', 'inconclusive', 'connection_failed'],
    ['no_way', 'inconclusive', 'connection_failed'],
  ] as const)('%s makes it %s with the error %s, cause and remedy', (failure, verdict, error) => {
    const health = look({ health: failed(failure) });
    expect(health).toMatchObject({ is_healthy: false, verdict, error });
    expect(health.message).toMatch(/http:\/\/target:8000\. Check .*TARGET_SERVER_URL/);
  });

  it.each([[302], [401], [404]])('is inconclusive when its health answers with HTTP %i', (status) => {
    expect(look({ health: answered({ status: 'ok' }, status) }).verdict).toBe('inconclusive');
  });

  it.each([[undefined], [null], [[]], ['ok'], [{ status: 7 }], [{}], [{ status: null, services: 'none' }]])(
    'is inconclusive and in good form when its health is %j',
    (body) => {
      const health = look({ health: answered(body) });
      expect(health.verdict).toBe('inconclusive');
      expect(targetHealthSchema.safeParse(health).success).toBe(true);
    },
  );
});
