import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openService } from '#libs/bus/open-service';
import { durability, startNatsServer } from '#libs/testing/nats-server';
import { openApiCheck, type SeenAnswer } from '#libs/testing/openapi-check';
import { playExecutor } from '#libs/testing/played-executor';
import { until } from '#libs/testing/until';
import { startAudit } from '../../../services/audit/service.ts';
import { startGateway } from '../../../services/gateway/service.ts';
import { startSafety } from '../../../services/safety/service.ts';
import { startVerifier } from '../../../services/verifier/service.ts';
import { seed, sized } from '../size.ts';
import { tell } from '../tell.ts';
import { type Operation, operationsOf } from './operations.ts';
import { rawCases, slowCases } from './raw-cases.ts';
import { type FuzzRequest, requestsOf } from './request-arbitrary.ts';
import { closeConnections, type Heard, send, sendRaw } from './send.ts';

const requests = sized({ each: 20_000, long: 500_000 });
const lanes = 24;
const stack = new AsyncDisposableStack();
let url = '';
let port = 0;
let operations: readonly Operation[] = [];
let check: (answer: SeenAnswer) => readonly string[];

beforeAll(async () => {
  const stop = new AbortController();
  const server = stack.use(await startNatsServer());
  const folder = await mkdtemp(join(tmpdir(), 'hemostat-test-fuzz-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const env = {
    NATS_URL: server.url,
    LOG_LEVEL: 'silent',
    HEMOSTAT_DATA_DIR: folder,
    GATEWAY_PORT: '0',
    GATEWAY_WAIT_SECONDS: '0',
    RESPONDER_COOLDOWN_SECONDS: '0',
    TARGET_SERVER_URL: 'http://127.0.0.1:9',
  };
  const options = { env, signal: stop.signal };
  const client = stack.use(await openService('test', options));
  stack.use(await playExecutor(client.bus));
  for (const start of [startSafety, startVerifier, startAudit]) stack.use(await start(options));
  url = stack.use(await startGateway(options)).url;
  port = Number(new URL(url).port);
  stack.defer(() => stop.abort());
  stack.defer(closeConnections);
  await until(
    'the gateway is ready',
    async () => (await fetch(`${url}/health/ready`)).ok || undefined,
    30_000,
  );
  const served: unknown = await (await fetch(`${url}/openapi.json`)).json();
  operations = operationsOf(served);
  check = openApiCheck(served);
});
afterAll(() => stack[Symbol.asyncDispose]());

// Each reads the whole stream or the whole file, which grows with every request.
const heavy = (path: string): boolean => /replay|rebuild|audit|\/remediations$/.test(path);
const intended = ['kill_switch', 'maintenance_window', 'expired', 'too_many_streams'];
// Of an engine that has no executor nobody can say more than that nobody answers for it.
const namesAnEngine = ({ path, body }: FuzzRequest): boolean =>
  /[?&]engine=/.test(path) || /"engine"/.test(String(body));

async function freeSafety(): Promise<void> {
  const body = JSON.stringify({ kill_switch: 'off', maintenance: [], reason: 'the next ones' });
  const headers = { 'content-type': 'application/json' };
  await fetch(`${url}/api/v1/safety/control`, { method: 'POST', headers, body });
}

function complaintsOf(asked: FuzzRequest, { status, contentType, body }: Heard): readonly string[] {
  let read: unknown = body;
  try {
    if (contentType?.includes('json')) read = JSON.parse(body);
  } catch {
    return ['the body is no JSON'];
  }
  if (contentType?.startsWith('text/event-stream')) return [];
  const code = typeof read === 'object' && read !== null && 'code' in read ? String(read.code) : '';
  const wrong = check({ method: asked.method, path: asked.path, status, contentType, body: read });
  const meant = intended.includes(code) || (code === 'service_unavailable' && namesAnEngine(asked));
  const failed = status >= 500 && !(status === 503 && meant) ? [`${status} ${code}`] : [];
  const leaks = /node_modules|\.ts:\d|at [\w.]+ \(/.test(body) ? ['it shows the inside'] : [];
  return [...wrong, ...failed, ...leaks];
}

it('is answered as documented and without an unintended 5xx, whatever is asked', {
  // What reads everything that was stored takes longer the more there is.
  timeout: sized({ each: 600_000, long: 8 * 3_600_000 }),
}, async () => {
  const light = operations.filter(({ template }) => !heavy(template));
  const rare = operations.filter(({ template }) => heavy(template));
  const any = fc.oneof(
    ...light.map((each) => ({ weight: 60, arbitrary: requestsOf(each) })),
    ...rare.map((each) => ({ weight: 1, arbitrary: requestsOf(each) })),
  );
  const wrong: string[] = [];
  const statuses: Record<string, number> = {};
  const beganAt = performance.now();
  for (let done = 0; done < requests; done += 1_000) {
    await freeSafety();
    const batch = fc.sample(any, { numRuns: Math.min(1_000, requests - done), seed: seed + done });
    const next = batch.values();
    await Promise.all(
      Array.from({ length: lanes }, async () => {
        for (const asked of next) {
          const heard = await send(port, asked).catch((error: unknown) => String(error));
          const found = typeof heard === 'string' ? [heard] : complaintsOf(asked, heard);
          if (typeof heard !== 'string') statuses[heard.status] = (statuses[heard.status] ?? 0) + 1;
          if (found.length > 0)
            wrong.push(`${JSON.stringify(asked).slice(0, 600)}: ${found.join('; ').slice(0, 600)}`);
        }
      }),
    );
  }
  expect(wrong.slice(0, 5), `seed ${seed}, ${wrong.length} in all`).toEqual([]);
  expect(statuses[200], 'some are good').toBeGreaterThan(requests / 50);
  expect((await fetch(`${url}/health`)).status).toBe(200);
  const seconds = Math.round((performance.now() - beganAt) / 1_000);
  tell('P8', {
    requests,
    operations: operations.length,
    ...statuses,
    unintended: wrong.length,
    seconds,
    policy: durability,
    seed,
  });
});

it.concurrent.each(Object.entries(rawCases))(
  'answers %s with a 4xx or closes, and goes on',
  async (_, bytes) => {
    const heard = await sendRaw(port, bytes, 20_000);
    if (heard !== '') expect(heard).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
  },
);

it.concurrent.each(Object.entries(slowCases))('ends a connection of %s by itself', async (_, bytes) => {
  const beganAt = performance.now();
  expect(await sendRaw(port, bytes, 40_000)).toMatch(/^HTTP\/1\.1 408 .*"code":"request_timeout"/s);
  expect(performance.now() - beganAt).toBeLessThan(30_000);
});
