import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openService, type ServiceContext } from '#libs/bus/open-service';
import { callRpc, serve, serveRpc } from '#libs/bus/rpc';
import { Problem } from '#libs/contracts/problem';
import { type ContainerReading, executorVerbs, type Progress, verifierVerbs } from '#libs/contracts/rpc';
import { executorRpcSubject, rpcSubject } from '#libs/contracts/subjects';
import { aTarget } from '#libs/testing/examples';
import { type NatsServer, startNatsServer } from '#libs/testing/nats-server';
import { startVerifier } from './service.ts';

const stack = new AsyncDisposableStack();
const stop = new AbortController();
let server: NatsServer;
let context: ServiceContext;
let inspect: () => ContainerReading;
let targetServer: RequestListener;

const up: ContainerReading = {
  exists: true,
  container_id: 'f'.repeat(64),
  status: 'running',
  running: true,
  paused: false,
  restarting: false,
  started_at: '2025-01-01T00:00:00.1Z',
  finished_at: null,
  exit_code: null,
  oom_killed: false,
  health: 'none',
  health_log: null,
};
const expectation = {
  state: 'running' as const,
  http_health: false,
  stability_seconds: 0.1,
  timeout_seconds: 1,
};
const environment = (targetUrl: string): NodeJS.ProcessEnv => ({
  NATS_URL: server.url,
  LOG_LEVEL: 'silent',
  TARGET_SERVER_URL: targetUrl,
  HEMOSTAT_VERIFY_POLL_MS: '20',
  HEALTH_CHECK_INTERVAL_SECONDS: '0',
});

beforeAll(async () => {
  server = stack.use(await startNatsServer());
  const http = createServer((request, response) => targetServer(request, response));
  await new Promise<void>((listening) => http.listen(0, '127.0.0.1', listening));
  stack.defer(() => {
    http.closeAllConnections();
    http.close();
  });
  const env = environment(`http://127.0.0.1:${(http.address() as AddressInfo).port}`);
  context = stack.use(await openService('test', { env, signal: stop.signal }));
  for (let replica = 0; replica < 2; replica += 1)
    stack.use(await startVerifier({ env, signal: stop.signal }));
  stack.use(
    await serveRpc(context.bus, { name: 'executor', version: '1.0.0', description: 'stands in for one' }, [
      serve('inspect', executorRpcSubject('local', 'inspect'), executorVerbs.inspect, async () => inspect()),
    ]),
  );
});
afterAll(() => stack.disposeAsync());

async function verify(
  change: Partial<typeof expectation>,
  engine = 'local',
): Promise<{ verdict: string; message: string; calls: number }> {
  let progress: Progress | null = null;
  for (let calls = 1; ; calls += 1) {
    const reply: { verdict: string; message: string; progress: Progress } = await callRpc(
      context.bus,
      rpcSubject('verifier', 'check'),
      verifierVerbs.check,
      {
        target: { ...aTarget(), engine },
        expectation: { ...expectation, ...change },
        started_before: null,
        progress,
      },
      { timeoutMs: 10_000 },
    );
    if (reply.verdict !== 'pending') return { ...reply, calls };
    progress = reply.progress;
  }
}

const healthy: RequestListener = (_, response) => response.end('{"status":"ok"}');

it('finds a patient healthy that runs without a break', async () => {
  inspect = () => up;
  expect(await verify({})).toMatchObject({ verdict: 'healthy' });
});

it('finds a patient unhealthy that is dead', async () => {
  inspect = () => ({ ...up, running: false, status: 'exited', exit_code: 1 });
  expect(await verify({})).toMatchObject({ verdict: 'unhealthy' });
});

it('goes on over several calls and with any replica', async () => {
  const ready = Date.now() + 3_500;
  inspect = () => ({ ...up, health: Date.now() < ready ? 'starting' : 'healthy' });
  const verified = await verify({ timeout_seconds: 20 });
  expect(verified.verdict).toBe('healthy');
  expect(verified.calls).toBeGreaterThan(1);
});

it('asks the target server as well where the expectation says so', async () => {
  inspect = () => up;
  let answers = 0;
  targetServer = (request, response) => {
    if (request.url?.endsWith('/health')) answers += 1;
    if (answers > 2) return healthy(request, response);
    return response.end('{"status":"unhealthy"}');
  };
  expect(await verify({ http_health: true, timeout_seconds: 10 })).toMatchObject({ verdict: 'healthy' });
  expect(answers).toBeGreaterThanOrEqual(5);
});

it('tells the health of the target server on demand', async () => {
  targetServer = healthy;
  const health = () =>
    callRpc(context.bus, rpcSubject('verifier', 'health'), verifierVerbs.health, {}, { timeoutMs: 12_000 });
  expect(await health()).toMatchObject({ is_healthy: true, health_status: 'ok', verdict: 'healthy' });
});

it('returns in time though the target server never answers', async () => {
  inspect = () => up;
  targetServer = () => {};
  expect(await verify({ http_health: true })).toMatchObject({ verdict: 'inconclusive', calls: 1 });
});

it('says who was away when the executor cannot be asked', async () => {
  const verified = await verify({}, 'elsewhere');
  expect(verified).toMatchObject({ verdict: 'inconclusive' });
  expect(verified.message).toContain('executor service does not answer');
});

it('passes on why the engine could not be asked', async () => {
  inspect = () => {
    throw new Problem('docker_unavailable', 'Docker cannot be reached. Start it.');
  };
  expect((await verify({})).message).toContain('Docker cannot be reached');
});

it('answers a running check before it stops', async () => {
  inspect = () => ({ ...up, health: 'starting' });
  const url = 'http://127.0.0.1:9';
  const own = await startNatsServer();
  await using _own = own;
  const env = { ...environment(url), NATS_URL: own.url };
  await using asker = await openService('asker', { env, signal: stop.signal });
  const verifier = await startVerifier({ env, signal: stop.signal });
  let looked = (): void => {};
  const firstLook = new Promise<void>((done) => {
    looked = done;
  });
  await using _executor = await serveRpc(
    asker.bus,
    { name: 'executor', version: '1.0.0', description: 'stands in for one' },
    [
      serve('inspect', executorRpcSubject('local', 'inspect'), executorVerbs.inspect, async () => {
        looked();
        return inspect();
      }),
    ],
  );
  const request = { target: aTarget(), expectation, started_before: null, progress: null };
  const reply = callRpc(asker.bus, rpcSubject('verifier', 'check'), verifierVerbs.check, request, {
    timeoutMs: 5_000,
  });
  await firstLook;
  await verifier[Symbol.asyncDispose]();
  expect((await reply).verdict).toBe('pending');
});
