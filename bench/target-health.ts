import { createServer } from 'node:http';
import { startMeshProcesses } from '#libs/testing/mesh-processes';
import { startNatsServer } from '#libs/testing/nats-server';
import { bareFastify } from './bare-fastify.ts';
import { printLoad } from './figures.ts';
import { load } from './http-load.ts';
import { noLimits } from './no-limits.ts';

const method = 'GET';
const connections = 32;
const seconds = 6;
const warmUpSeconds = 4;
const path = '/api/v1/action/verify-target-health';

const answers: Readonly<Record<string, object>> = {
  '/api/v1/health': { status: 'healthy', services: { database: { status: 'up' } } },
  '/api/v1/metrics': { application: { total_requests: 1_000, error_count: 0, avg_response_time_ms: 12 } },
  '/api/v1/pool/status': { pool_health: 'healthy', pool_utilization: 0.2 },
};

/** Looks at the target's health a second, beside a bare fastify. Callers share the looks, as they do in an incident. */
export async function targetHealth(): Promise<void> {
  await using target = await startTarget();
  await using server = await startNatsServer();
  const env = { ...noLimits, TARGET_SERVER_URL: target.url };
  await using mesh = await startMeshProcesses({ natsUrl: server.url, env });
  await mesh.ready();
  const answer = await mesh.http(method, path);
  const bare = await bareFastify(answer.body, { method, connections, seconds });

  const plan = { url: `${mesh.of('gateway')[0]?.url}${path}`, method, connections } as const;
  const expected = '"is_healthy":true';
  await load({ ...plan, expected, seconds: warmUpSeconds });
  const before = target.asked();
  const through = await load({ ...plan, expected, seconds });
  printLoad('looks at the target', 'aim: 1,000/s', through, bare);
  console.log(`  requests that the target saw   ${target.asked() - before} in ${seconds} s`);
}

async function startTarget(): Promise<AsyncDisposable & { readonly url: string; asked(): number }> {
  let asked = 0;
  const http = createServer((request, response) => {
    asked += 1;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(answers[request.url ?? ''] ?? {}));
  });
  await new Promise<void>((listening) => http.listen(0, '127.0.0.1', listening));
  const address = http.address();
  if (address === null || typeof address === 'string') throw new Error('the target has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    asked: () => asked,
    [Symbol.asyncDispose]: async () => {
      http.closeAllConnections();
      await new Promise((closed) => http.close(closed));
    },
  };
}
