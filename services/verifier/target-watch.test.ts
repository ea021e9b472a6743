import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { systemClock } from '#libs/runtime/clock';
import { readVerifierConfig } from './config.ts';
import { createProbe } from './probe.ts';
import { createTargetWatch, type TargetWatch } from './target-watch.ts';

const { meaning } = readVerifierConfig({});
let stack = new AsyncDisposableStack();
afterEach(async () => {
  const opened = stack;
  stack = new AsyncDisposableStack();
  await opened.disposeAsync();
});

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  stack.defer(async () => {
    server.closeAllConnections();
    await new Promise<void>((closed) => server.close(() => closed()));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function watchOf(url: string, timeoutMs = 5_000): TargetWatch {
  return createTargetWatch(stack.use(createProbe(url, timeoutMs)), systemClock, meaning, url);
}

const bodies: Readonly<Record<string, unknown>> = {
  '/api/v1/health': { status: 'ok', services: { database: { status: 'up' } } },
  '/api/v1/metrics': { application: { error_rate_percent: 1.2, avg_response_time_ms: 7 } },
  '/api/v1/pool/status': { pool: { pool_health: 'healthy', pool_utilization: 0.1 } },
};
const healthy: RequestListener = (request, response) => {
  response.setHeader('content-type', 'application/json').end(JSON.stringify(bodies[request.url ?? '']));
};

it('asks the three endpoints below the configured address and no other', async () => {
  const asked: string[] = [];
  const url = await serve((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    request.url = request.url?.replace('/below', '') ?? '';
    healthy(request, response);
  });
  const { health } = await watchOf(`${url}/below`).read(0);
  expect(health).toMatchObject({ is_healthy: true, pool_health: 'healthy', avg_response_time_ms: 7 });
  expect(asked.sort()).toEqual([
    'GET /below/api/v1/health',
    'GET /below/api/v1/metrics',
    'GET /below/api/v1/pool/status',
  ]);
});

it('asks all three at the same time', async () => {
  let open = 0;
  const answers: (() => void)[] = [];
  const url = await serve((request, response) => {
    answers.push(() => healthy(request, response));
    open += 1;
    if (open === 3) for (const answer of answers) answer();
  });
  expect((await watchOf(url).read(0)).health.verdict).toBe('healthy');
});

it('gives callers at the same time one probe, and later ones its result while it is fresh', async () => {
  let asked = 0;
  const url = await serve((request, response) => {
    asked += 1;
    healthy(request, response);
  });
  const watch = watchOf(url);
  const seen = await Promise.all(Array.from({ length: 20 }, () => watch.read(1_000)));
  await watch.read(60_000);
  expect(asked).toBe(3);
  expect(new Set(seen).size).toBe(1);
  await watch.read(0);
  expect(asked).toBe(6);
});

it('says within the time for all three that a target which never answers timed out', async () => {
  const url = await serve(() => {});
  const begun = performance.now();
  const { health } = await watchOf(url, 200).read(0);
  expect(health).toMatchObject({ is_healthy: false, verdict: 'unhealthy', error: 'timeout' });
  expect(performance.now() - begun).toBeLessThan(2_000);
});

it('says when it has to what is known by then, and goes on looking', async () => {
  const answers: (() => void)[] = [];
  const url = await serve((request, response) => {
    if (request.url?.endsWith('metrics')) answers.push(() => healthy(request, response));
    else healthy(request, response);
  });
  const watch = watchOf(url);
  const whole = watch.read(0);
  const { health } = await watch.read(0, 200);
  expect(health).toMatchObject({ verdict: 'inconclusive', health_status: 'ok', pool_health: 'healthy' });
  expect(health.message).toContain('its metrics could not be read (no answer yet)');
  for (const answer of answers) answer();
  expect((await whole).health.verdict).toBe('healthy');
  expect(answers.length).toBe(1);
});

it('times out as well when the answer begins and never ends', async () => {
  const url = await serve((_, response) => {
    response.write('{"status":"ok"');
  });
  expect((await watchOf(url, 200).read(0)).health.error).toBe('timeout');
});

it('names a target on whose port nobody listens', async () => {
  const url = await serve(healthy);
  await stack.disposeAsync();
  stack = new AsyncDisposableStack();
  const { health } = await watchOf(url).read(0);
  expect(health).toMatchObject({ verdict: 'unhealthy', error: 'connection_failed' });
  expect(health.message).toContain('nobody listens at');
});

it('blames the settings, not the target, for a host that does not exist', async () => {
  const { health } = await watchOf('http://no-such-host.invalid:8000').read(0);
  expect(health).toMatchObject({ is_healthy: false, verdict: 'inconclusive', error: 'connection_failed' });
});

it('follows no redirect', async () => {
  const asked: string[] = [];
  const url = await serve((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(302, { location: '/elsewhere' }).end();
  });
  expect((await watchOf(url).read(0)).health.verdict).toBe('inconclusive');
  expect(asked).not.toContain('/elsewhere');
});

it('reads no more than a mebibyte of an answer', async () => {
  const url = await serve((request, response) => {
    const padding = request.url?.endsWith('health') ? ' '.repeat(1024 * 1024) : '';
    response.end(`${padding}${JSON.stringify(bodies[request.url ?? ''])}`);
  });
  const { health } = await watchOf(url).read(0);
  expect(health.verdict).toBe('inconclusive');
  expect(health.message).toContain('1 MiB');
});

it.each(['not json', '{"status":"ok","__proto__":{"status":"ok"}}', '\u0000\u0001', '[]'])(
  'takes the answer %j for no health',
  async (text) => {
    const url = await serve((_, response) => response.end(text));
    expect((await watchOf(url).read(0)).health.verdict).toBe('inconclusive');
  },
);

it('tells the error rate of the time between two looks', async () => {
  let application = { total_requests: 1_000, total_errors: 900, error_rate_percent: 90 };
  const url = await serve((request, response) => {
    response.end(
      JSON.stringify(request.url?.endsWith('metrics') ? { application } : bodies[request.url ?? '']),
    );
  });
  const watch = watchOf(url);
  expect((await watch.read(0)).health.verdict).toBe('inconclusive');
  application = { total_requests: 1_200, total_errors: 902, error_rate_percent: 75.2 };
  expect((await watch.read(0)).health).toMatchObject({ verdict: 'healthy', error_rate_percent: 1 });
});

it('answers as soon as a target is up again that was down a moment ago', async () => {
  const server = createServer(healthy);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  const watch = watchOf(`http://127.0.0.1:${port}`);
  expect((await watch.read(0)).health.verdict).toBe('healthy');
  server.closeAllConnections();
  await new Promise<void>((closed) => server.close(() => closed()));
  expect((await watch.read(0)).health.verdict).toBe('unhealthy');
  server.listen(port, '127.0.0.1');
  await new Promise<void>((listening) => server.once('listening', () => listening()));
  stack.defer(() => new Promise<void>((closed) => server.close(() => closed())));
  expect((await watch.read(0)).health.verdict).toBe('healthy');
});
