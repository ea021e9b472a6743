import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { publishStored } from '#libs/bus/live';
import { openService, type ServiceContext } from '#libs/bus/open-service';
import { inboxSubject } from '#libs/contracts/subjects';
import { startContainer, type TestContainer } from '#libs/testing/container';
import { testEngine } from '#libs/testing/docker-engine';
import { busyboxImage } from '#libs/testing/images';
import { type HttpAnswer, type MeshProcesses, startMeshProcesses } from '#libs/testing/mesh-processes';
import { startNatsServer } from '#libs/testing/nats-server';
import { playEndpoint } from '#libs/testing/played-endpoint';
import { until } from '#libs/testing/until';
import { everythingStored } from '../stored-messages.ts';
import { tell } from '../tell.ts';
import { type Collector, startCollector } from './collector.ts';

/** Planted in every place where a secret may come near the mesh. None may be found in what it keeps or says. */
const canaries = {
  gatewayToken: 'canary-gateway-token-1f0a',
  principalToken: 'canary-principal-token-2f0b',
  wrongToken: 'canary-wrong-token-3f0c',
  natsPassword: 'canary-nats-password-4f0d',
  endpointToken: 'canary-endpoint-token-5f0e',
  collectorHeader: 'canary-collector-header-6f0f',
  containerEnv: 'canary-container-env-7f10',
  containerLog: 'canary-container-log-8f11',
  reason: 'canary-reason-9f12',
  metric: 'canary-metric-af13',
  cookie: 'canary-cookie-bf14',
  key: 'canary-key-cf15',
  query: 'canary-query-df16',
  brokenBody: 'canary-broken-body-ef17',
  resetReason: 'canary-reset-reason-0f18',
} as const;

const stack = new AsyncDisposableStack();
let mesh: MeshProcesses;
let client: ServiceContext;
let collector: Collector;
let patient: TestContainer;
const answers: string[] = [];

beforeAll(async () => {
  const { docker } = testEngine();
  const server = stack.use(
    await startNatsServer({
      configLines: [`authorization { user: mesh, password: "${canaries.natsPassword}" }`],
    }),
  );
  collector = stack.use(await startCollector());
  const endpoint = stack.use(await playEndpoint());
  endpoint.on('POST /scale', { body: { status: 'ok' } });
  const access = { NATS_USER: 'mesh', NATS_PASSWORD: canaries.natsPassword };
  const stop = new AbortController();
  const env = { NATS_URL: server.url, LOG_LEVEL: 'silent', ...access };
  client = stack.use(await openService('test', { env, signal: stop.signal }));
  mesh = stack.use(
    await startMeshProcesses({
      natsUrl: server.url,
      env: {
        ...access,
        LOG_LEVEL: 'DEBUG',
        GATEWAY_TOKEN: canaries.gatewayToken,
        GATEWAY_TOKENS: JSON.stringify([
          { principal: 'ann', scopes: ['observe'], token: canaries.principalToken },
        ]),
        TARGET_ENDPOINT_TOKEN: canaries.endpointToken,
        SCALE_POOL_URL: `${endpoint.url}/scale`,
        RESPONDER_COOLDOWN_SECONDS: '0',
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_EXPORTER_OTLP_HEADERS: `authorization=${canaries.collectorHeader}`,
        OTEL_BSP_SCHEDULE_DELAY: '100',
      },
    }),
  );
  stack.defer(() => stop.abort());
  await mesh.ready();
  patient = stack.use(
    await startContainer(docker, {
      image: await busyboxImage(docker),
      env: { DB_PASSWORD: canaries.containerEnv },
      cmd: ['sh', '-c', `echo "connecting with password=${canaries.containerLog}"; exec sleep 100000`],
    }),
  );
});
afterAll(() => stack[Symbol.asyncDispose]());

async function ask(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<HttpAnswer> {
  const authorization = `Bearer ${canaries.gatewayToken}`;
  const answer = await mesh.http(method, path, body, { authorization, ...headers });
  answers.push(JSON.stringify([answer.body, [...answer.headers]]));
  return answer;
}

const secretly = () => ({
  reason: `it said: password=${canaries.reason}`,
  metrics: { cpu: 93, password: canaries.metric, nested: [{ api_key: canaries.metric }] },
});
const waiting = { prefer: 'wait=60' };

describe('a secret that comes near the mesh', () => {
  it('goes along with everything that can be asked', async () => {
    const url = '/api/v1/remediations';
    const about = { container: patient.name, ...secretly() };
    const restart = { ...about, action: 'restart' };
    const key = { 'idempotency-key': canaries.key, cookie: `session=${canaries.cookie}` };
    const done = await ask('POST', url, restart, { ...waiting, ...key });
    expect(done.body).toMatchObject({ state: 'complete' });
    const env = await ask('POST', url, { ...about, action: 'exec', command: 'env' }, waiting);
    expect(JSON.stringify(env.body)).toContain('DB_PASSWORD=');
    expect(
      (await ask('POST', url, { action: 'scale-pool', params: { size: 20 }, ...secretly() }, waiting)).status,
    ).toBeLessThan(500);
    expect((await ask('POST', url, restart, { authorization: `Bearer ${canaries.wrongToken}` })).status).toBe(
      401,
    );
    expect(
      (await ask('POST', url, restart, { authorization: `Bearer ${canaries.principalToken}` })).status,
    ).toBe(403);
    expect((await ask('GET', `${url}?token=${canaries.query}`)).status).toBe(400);
    expect((await ask('POST', url, `{"password": "${canaries.brokenBody}" oh`)).status).toBe(400);
    const reason = `after the change of the password: ${canaries.resetReason}`;
    expect((await ask('POST', '/api/v1/safety/reset', { container: patient.name, reason })).status).toBe(200);
    await ask('GET', `${url}/${done.body.remediation_id}`);
    await ask('GET', '/api/v1/audit?limit=1000');
  });

  it('comes over NATS, too', async () => {
    const event = { container: patient.name, action: 'restart', ...secretly() };
    await publishStored(client.bus, inboxSubject, event);
    const path = '/api/v1/remediations?state=complete&principal=anonymous';
    const ended = async () =>
      JSON.stringify((await ask('GET', path)).body).includes('"outcome"') || undefined;
    await until('the one that came over NATS ended', ended, 50_000);
  });

  it('is not kept in any stream or bucket', async () => {
    const stored = await everythingStored(client.bus);
    expect([...stored.keys()].length).toBeGreaterThan(4);
    for (const [stream, messages] of stored) {
      for (const [name, canary] of Object.entries(canaries)) {
        const found = messages.filter((message) => JSON.stringify(message).includes(canary));
        expect(found.slice(0, 1), `${name} in ${stream}`).toEqual([]);
      }
    }
    expect(JSON.stringify(stored.get('HEMOSTAT'))).toContain('password=(not shown)');
  });

  it('is in no span, no line of any log, no answer and no file of the audit', async () => {
    await until('spans arrived', () => collector.received().includes('docker POST') || undefined, 20_000);
    const logs = mesh.processes.map((each) => each.output()).join('\n');
    const audit = globSync('**/*audit.log*', { cwd: mesh.dataDir }).map((file) =>
      readFileSync(join(mesh.dataDir, file), 'utf8'),
    );
    const places = {
      spans: collector.received(),
      logs,
      answers: answers.join('\n'),
      audit: audit.join('\n'),
    };
    for (const [place, text] of Object.entries(places)) {
      expect(text.length, place).toBeGreaterThan(1_000);
      for (const [name, canary] of Object.entries(canaries))
        expect(text.includes(canary), `${name} in ${place}`).toBe(false);
    }
    tell('canaries', {
      planted: Object.keys(canaries).length,
      found: 0,
      places: Object.keys(places).length + 1,
    });
  });

  it('is not a key that the mesh made itself, either', async () => {
    const keys = globSync('keys/**', { cwd: mesh.dataDir, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    const secrets = keys
      .filter(({ name }) => !name.includes('pub'))
      .flatMap(
        ({ parentPath, name }) =>
          readFileSync(join(parentPath, name), 'utf8').match(/[A-Za-z0-9+/=_-]{40,}/g) ?? [],
      );
    expect(secrets.length).toBeGreaterThan(0);
    const stored = JSON.stringify([...(await everythingStored(client.bus)).values()]);
    const said =
      mesh.processes.map((each) => each.output()).join('\n') + collector.received() + answers.join('\n');
    for (const secret of secrets) expect((stored + said).includes(secret)).toBe(false);
  });
});
