import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { openService } from '#libs/bus/open-service';
import { readRemediation } from '#libs/bus/remediation-record';
import { idFromKey } from '#libs/contracts/ids';
import { inboxSubject } from '#libs/contracts/subjects';
import { apiClient } from '#libs/testing/api-client';
import { type NatsServer, startNatsServer } from '#libs/testing/nats-server';
import { playExecutor } from '#libs/testing/played-executor';
import { until } from '#libs/testing/until';
import { freePort } from '../../demo/free-port.ts';
import { startSafety } from '../safety/service.ts';
import { startGateway } from './service.ts';

let server: NatsServer;
let stop = new AbortController();
let stack = new AsyncDisposableStack();
const path = '/api/v1/remediations';
const env = (more: NodeJS.ProcessEnv = {}) => ({
  NATS_URL: server.url,
  LOG_LEVEL: 'silent',
  GATEWAY_PORT: '0',
  HEMOSTAT_DATA_DIR: join(server.dir, 'mesh'),
  ...more,
});
const options = (more?: NodeJS.ProcessEnv) => ({ env: env(more), signal: stop.signal });

beforeAll(async () => {
  server = await startNatsServer();
});
afterEach(async () => {
  stop.abort();
  await stack.disposeAsync();
  stop = new AbortController();
  stack = new AsyncDisposableStack();
});
afterAll(() => server[Symbol.asyncDispose]());

it('listens before NATS is there, says what is away, and goes on by itself', async () => {
  const [port, natsPort] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  const starting = startGateway(
    options({ GATEWAY_PORT: `${port}`, NATS_URL: `nats://127.0.0.1:${natsPort}` }),
  );
  const api = await until('it listens', () => apiClient(url).catch(() => undefined));
  expect(await api.post(path, { container: 'a', action: 'restart' })).toMatchObject({
    status: 503,
    body: { code: 'nats_unavailable' },
  });
  expect(await api.get('/health')).toMatchObject({ status: 503, body: { parts: { nats: { ok: false } } } });
  stack.use(await startNatsServer({ port: natsPort }));
  stack.use(await starting);
  expect(await api.get('/health/ready')).toMatchObject({ status: 200 });
});

it('stays up while NATS is gone, answers 503 at once, and recovers', async () => {
  const nats = stack.use(await startNatsServer());
  const api = await apiClient(stack.use(await startGateway(options({ NATS_URL: nats.url }))).url);
  await nats.stop();
  await until('it knows', async () => (await api.get('/health/ready')).status === 503 || undefined);
  const asked = Date.now();
  expect(await api.post(path, { container: 'a', action: 'restart' })).toMatchObject({ status: 503 });
  expect(await api.get(`${path}/${randomUUID()}`)).toMatchObject({ body: { code: 'nats_unavailable' } });
  expect(Date.now() - asked).toBeLessThan(1_000);
  await nats.restart();
  await until('it is back', async () => (await api.get('/health/ready')).status === 200 || undefined);
  expect(await api.get(`${path}/${randomUUID()}`)).toMatchObject({ status: 404 });
});

it('takes up what was sent while nothing ran, and states what is too old by then as expired', async () => {
  const context = stack.use(await openService('test', options()));
  const publish = (container: string, msgID: string) =>
    context.bus.js.publish(inboxSubject, JSON.stringify({ container, action: 'restart' }), { msgID });
  const [old, young] = [randomUUID(), randomUUID()];
  const { bus } = context;
  await publish('old', old);
  await until('a second has gone by', () => bus.clock.sleep(1_100).then(() => true));
  await publish('young', young);
  stack.use(await playExecutor(bus));
  stack.use(await startSafety(options()));
  stack.use(await startGateway(options({ HEMOSTAT_REQUEST_TTL_SECONDS: '1' })));
  const end = (key: string) =>
    until('it has ended', async () => {
      const record = await readRemediation(bus, idFromKey('anonymous', key));
      return (
        record?.complete?.body.outcome ??
        (record?.decided?.body.verdict === 'refused' && record.decided.body.reason)
      );
    });
  expect(await end(old)).toBe('expired');
  expect(await end(young)).toBe('recovered');
});

it.each([
  ['its executor comes', 'the engine local: The executor of the engine local does not answer', false],
  ['its Docker comes back', 'the engine local: The Docker Engine is stopped', true],
])(
  'ends what waits in the inbox as expired when its time is over before %s, and says so',
  async (_, said, docker) => {
    const context = stack.use(await openService('test', options()));
    if (docker) stack.use(await playExecutor(context.bus)).dockerAway = true;
    stack.use(await startSafety(options()));
    stack.use(await startGateway(options({ HEMOSTAT_REQUEST_TTL_SECONDS: '2' })));
    const msgID = randomUUID();
    await context.bus.js.publish(inboxSubject, JSON.stringify({ container: 'a', action: 'restart' }), {
      msgID,
    });
    const refused = await until('it is refused', async () => {
      const decided = (await readRemediation(context.bus, idFromKey('anonymous', msgID)))?.decided?.body;
      return decided?.verdict === 'refused' ? decided : undefined;
    });
    expect(refused).toMatchObject({ outcome: 'expired', reason: 'expired' });
    expect(refused.message).toContain(said);
  },
);

it('turns everything into a dry run when it is told so, under the same key as before', async () => {
  const context = stack.use(await openService('test', options()));
  stack.use(await playExecutor(context.bus));
  stack.use(await startSafety(options()));
  const api = await apiClient(stack.use(await startGateway(options({ RESPONDER_DRY_RUN: 'true' }))).url);
  const headers = { prefer: 'wait=20', 'idempotency-key': randomUUID() };
  const wish = { container: 'dry', action: 'restart' };
  expect((await api.post(path, wish, headers)).body).toMatchObject({ dry_run: true, outcome: 'dry_run' });
  const plain = await apiClient(stack.use(await startGateway(options())).url);
  expect(await plain.post(path, wish, headers)).toMatchObject({ status: 200, body: { outcome: 'dry_run' } });
});

it('answers who waits with 202 when it is stopped, and the work goes on', async () => {
  const context = stack.use(await openService('test', options()));
  stack.use(await playExecutor(context.bus));
  const own = new AbortController();
  const gateway = await startGateway({ env: env(), signal: own.signal });
  const api = await apiClient(gateway.url);
  const key = randomUUID();
  const headers = { prefer: 'wait=60', 'idempotency-key': key };
  const answering = api.post(path, { container: 'slow', action: 'restart' }, headers);
  const stated = () => readRemediation(context.bus, idFromKey('anonymous', key));
  await until('it is stated', stated);
  own.abort();
  await gateway[Symbol.asyncDispose]();
  expect(await answering).toMatchObject({ status: 202, body: { state: 'requested' } });
  await expect(fetch(gateway.url)).rejects.toThrow();
  stack.use(await startSafety(options()));
  await until('it is complete all the same', async () => (await stated())?.complete);
});

it('answers what is no HTTP with a problem document', async () => {
  const gateway = stack.use(await startGateway(options()));
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
  let heard = '';
  socket.on('data', (chunk) => {
    heard += String(chunk);
  });
  socket.write('NONSENSE\r\n\r\n');
  await once(socket, 'close');
  expect(heard).toMatch(/^HTTP\/1\.1 400.*application\/problem\+json.*"code":"invalid_request"/s);
});

it('says which port is taken and what to do about it', async () => {
  const { port } = new URL(stack.use(await startGateway(options())).url);
  await expect(startGateway(options({ GATEWAY_PORT: port }))).rejects.toThrow(`port ${port}`);
});
