import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiAnswer } from '#libs/testing/api-client';
import { type GatewayGround, startGatewayGround } from '#libs/testing/gateway-ground';
import { type PlayedAnswer, playEndpoint } from '#libs/testing/played-endpoint';
import { startSafety } from '../../safety/service.ts';
import { startVerifier } from '../../verifier/service.ts';
import { startGateway } from '../service.ts';

const route = '/api/v1/action/verify-target-health';
const timeoutSeconds = 0.5;

let ground: GatewayGround;
beforeAll(async () => {
  ground = await startGatewayGround({ startSafety, startGateway });
});
afterAll(() => ground[Symbol.asyncDispose]());

const answers: Readonly<Record<string, PlayedAnswer>> = {
  health: { body: { status: 'ok', services: { database: { status: 'healthy' } } } },
  metrics: { body: { application: { error_rate_percent: 1.2, avg_response_time_ms: 45 } } },
  'pool/status': { body: { pool: { pool_health: 'healthy', pool_utilization: 30 } } },
};

/** A verifier that looks at a target which answers like this; what is seen while `look` runs. */
async function looking<T>(
  target: typeof answers,
  look: () => Promise<T>,
  limitSeconds = timeoutSeconds,
): Promise<{ seen: T; asked: number }> {
  await using server = await playEndpoint();
  for (const [path, answer] of Object.entries(target)) server.on(`GET /api/v1/${path}`, answer);
  const env = {
    NATS_URL: ground.server.url,
    LOG_LEVEL: 'silent',
    TARGET_SERVER_URL: server.url,
    HEALTH_CHECK_TIMEOUT_SECONDS: String(limitSeconds),
    HEALTH_CHECK_INTERVAL_SECONDS: '0',
  };
  const stop = new AbortController();
  await using _verifier = await startVerifier({ env, signal: stop.signal });
  if (Object.keys(target).length === 0) await server[Symbol.asyncDispose]();
  return { seen: await look(), asked: server.asked('GET /*').length };
}
const look = (): Promise<ApiAnswer> => ground.api.get(route);

describe('verify-target-health', () => {
  it('tells the overall health, the pool, the error rate and the response time', async () => {
    const { seen } = await looking(answers, look);
    expect(seen).toMatchObject({
      status: 200,
      body: {
        is_healthy: true,
        verdict: 'healthy',
        health_status: 'ok',
        database_status: 'healthy',
        pool_health: 'healthy',
        pool_utilization: 30,
        error_rate_percent: 1.2,
        avg_response_time_ms: 45,
      },
    });
  });

  it('looks once for fifty callers of two gateways', async () => {
    const fifty = () =>
      Promise.all(Array.from({ length: 50 }, (_, at) => [ground.api, ground.other][at % 2]?.get(route)));
    const { seen, asked } = await looking(answers, fifty);
    expect(new Set(seen.map((answer) => JSON.stringify(answer?.body))).size).toBe(1);
    expect(asked).toBe(3);
  });

  it('answers 200 for a target that is not there, with the error and where it was looked for', async () => {
    const { seen } = await looking({}, look);
    expect(seen).toMatchObject({ status: 200, body: { is_healthy: false, error: 'connection_failed' } });
    expect(seen.body.message).toContain('TARGET_SERVER_URL');
  });

  it('answers 200 for a target that hangs, as soon as its time is over', async () => {
    const beganAt = performance.now();
    const { seen } = await looking({ ...answers, health: 'silence' }, look);
    expect(seen).toMatchObject({
      status: 200,
      body: { is_healthy: false, error: 'timeout', verdict: 'unhealthy' },
    });
    expect(performance.now() - beganAt).toBeGreaterThanOrEqual(timeoutSeconds * 1_000);
  });

  it('answers a caller that waits five seconds, though a target may take ten', async () => {
    const patient = () => fetch(`${ground.api.url}${route}`, { signal: AbortSignal.timeout(5_000) });
    const { seen } = await looking({ ...answers, health: 'silence' }, patient, 10);
    const body: unknown = await seen.json();
    expect({ status: seen.status, body }).toMatchObject({
      status: 200,
      body: { is_healthy: false, verdict: 'inconclusive', error: 'timeout' },
    });
    expect(JSON.stringify(body)).toContain('no answer came within 4 s');
  }, 20_000);

  it('says 503 and who is missing when there is no verifier, and takes no parameter', async () => {
    const { status, body } = await look();
    expect({ status, code: body.code }).toEqual({ status: 503, code: 'service_unavailable' });
    expect(body.detail).toContain('verifier');
    expect((await ground.api.get(`${route}?dry_run=true`)).status).toBe(400);
  });
});
