import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openService, type ServiceContext } from '#libs/bus/open-service';
import { readRemediation } from '#libs/bus/remediation-record';
import { serveRpc } from '#libs/bus/rpc';
import { idFromKey } from '#libs/contracts/ids';
import { inboxSubject } from '#libs/contracts/subjects';
import { type ApiClient, apiClient } from '#libs/testing/api-client';
import { type NatsServer, startNatsServer } from '#libs/testing/nats-server';
import { type PlayedExecutor, playExecutor } from '#libs/testing/played-executor';
import { until } from '#libs/testing/until';
import { startSafety } from '../../safety/service.ts';
import { startGateway } from '../service.ts';

let server: NatsServer;
let context: ServiceContext;
let executor: PlayedExecutor;
let api: ApiClient;
let other: ApiClient;
const stop = new AbortController();
const stack = new AsyncDisposableStack();
const fresh = (): string => `patient-${randomUUID().slice(0, 8)}`;
const path = '/api/v1/remediations';
const waiting = { prefer: 'wait=20' };

beforeAll(async () => {
  server = stack.use(await startNatsServer());
  const options = {
    env: { NATS_URL: server.url, LOG_LEVEL: 'silent', GATEWAY_PORT: '0' },
    signal: stop.signal,
  };
  context = stack.use(await openService('test', options));
  executor = stack.use(await playExecutor(context.bus));
  stack.use(await startSafety(options));
  api = await apiClient(stack.use(await startGateway(options)).url);
  other = await apiClient(stack.use(await startGateway(options)).url);
});
afterAll(async () => {
  stop.abort();
  await stack.disposeAsync();
});

describe('a remediation over HTTP', () => {
  it('is answered 202 with its Location at once; there its whole life can be read', async () => {
    const container = fresh();
    const asked = await api.post(path, { container, action: 'restart', reason: 'slow', confidence: 0.9 });
    expect(asked).toMatchObject({ status: 202, body: { state: 'requested', outcome: null, container } });
    const location = asked.headers.get('location') ?? '';
    expect(location).toBe(`${path}/${asked.body.remediation_id}`);
    const { body } = await until('it is complete', async () => {
      const answer = await api.get(location);
      return answer.body.state === 'complete' ? answer : undefined;
    });
    expect(body).toMatchObject({
      outcome: 'recovered',
      reason: 'slow',
      confidence: 0.9,
      principal: 'anonymous',
    });
    const order = ['requested', 'decided', 'started', 'executed', 'finished', 'complete'];
    expect(body.timeline.map(({ type }: { type: string }) => type)).toEqual(order);
    expect(body.gates.length).toBeGreaterThan(5);
    expect(body.execution_log).toMatchObject([{ step: 1, action: 'restart', status: 'success' }]);
  });

  it('is answered with its end when the caller waits, and in the trace that the caller is in', async () => {
    const traceId = 'ab'.repeat(16);
    const headers = { ...waiting, traceparent: `00-${traceId}-${'cd'.repeat(8)}-01` };
    const answer = await api.post(path, { container: fresh(), action: 'restart' }, headers);
    expect(answer).toMatchObject({ status: 200, body: { outcome: 'recovered', trace_id: traceId } });
    expect(answer.headers.get('preference-applied')).toBe('wait=20');
    expect(answer.headers.get('traceresponse')).toContain(traceId);
  });

  it('that ran is a 200 also when it failed, and the body says so', async () => {
    executor.outcome = 'failed';
    const answer = await api.post(path, { container: fresh(), action: 'restart' }, waiting);
    executor.outcome = 'recovered';
    expect(answer).toMatchObject({ status: 200, body: { outcome: 'failed', result: { status: 'failed' } } });
  });

  it('that is refused is the problem of its reason, with the numbers and every gate', async () => {
    const wish = { container: fresh(), action: 'restart' };
    await api.post(path, wish, waiting);
    const answer = await api.post(path, wish, waiting);
    expect(answer).toMatchObject({
      status: 429,
      body: {
        code: 'cooldown_active',
        reason: 'cooldown_active',
        outcome: 'rejected',
        trace_id: expect.any(String),
      },
    });
    expect(answer.body.remaining_seconds).toBeGreaterThan(3_500);
    expect(answer.headers.get('retry-after')).toBe(String(answer.body.remaining_seconds));
    expect(answer.body.gates.length).toBeGreaterThan(5);
    const looked = await api.get(`${path}/${answer.body.remediation_id}`);
    expect(looked).toMatchObject({ status: 200, body: { state: 'complete', outcome: 'rejected' } });
  });

  it('of what is no container is a 404 and of an ambiguous name a 409, without being asked to wait', async () => {
    const missing = await api.post(path, { container: 'missing-1', action: 'restart' });
    expect(missing).toMatchObject({
      status: 404,
      body: { code: 'container_not_found', outcome: 'rejected' },
    });
    const ambiguous = await api.post(path, { container: 'ambiguous', action: 'restart' });
    expect(ambiguous).toMatchObject({ status: 409, body: { code: 'ambiguous_target' } });
    expect(ambiguous.body.candidates).toHaveLength(2);
    const protectedOne = await api.post(path, { container: 'protected-1', action: 'restart' }, waiting);
    expect(protectedOne).toMatchObject({ status: 403, body: { code: 'protected_target' } });
  });

  it('that is a dry run says what would be done', async () => {
    const answer = await api.post(path, { container: fresh(), action: 'restart', dry_run: true }, waiting);
    expect(answer).toMatchObject({ status: 200, body: { outcome: 'dry_run', would_be: 'approved' } });
    expect(answer.body.preview.steps[0].calls).toHaveLength(1);
  });

  it('that nobody asked for is a 404', async () => {
    expect(await api.get(`${path}/${randomUUID()}`)).toMatchObject({
      status: 404,
      body: { code: 'not_found' },
    });
  });
});

describe('an idempotency key', () => {
  it('gives fifty callers of two replicas one remediation and the same answer', async () => {
    const wish = { container: fresh(), action: 'restart' };
    const headers = { ...waiting, 'idempotency-key': randomUUID() };
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => (i % 2 ? api : other).post(path, wish, headers)),
    );
    expect(new Set(answers.map(({ body }) => body.remediation_id)).size).toBe(1);
    expect(answers.every(({ status, body }) => status === 200 && body.outcome === 'recovered')).toBe(true);
    const again = await api.post(path, wish, { 'idempotency-key': headers['idempotency-key'] });
    expect(again).toMatchObject({ status: 200, body: { trace_id: answers[0]?.body.trace_id } });
  });

  it('of another request is a 422', async () => {
    const headers = { ...waiting, 'idempotency-key': randomUUID() };
    const wish = { container: fresh(), action: 'restart', dry_run: true };
    const first = await api.post(path, wish, headers);
    const second = await other.post(path, { ...wish, reason: 'another' }, headers);
    expect(second).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
    expect(second.body.remediation_id).toBe(first.body.remediation_id);
  });
});

describe('an idempotency key of both doors', () => {
  it('is one remediation, whichever door it came through first', async () => {
    const key = randomUUID();
    const wish = { container: fresh(), action: 'restart' };
    await context.bus.js.publish(inboxSubject, JSON.stringify(wish), { msgID: key });
    const answer = await api.post(path, wish, { ...waiting, 'idempotency-key': key });
    expect(answer).toMatchObject({ status: 200, body: { outcome: 'recovered' } });
    expect(answer.body.remediation_id).toBe(idFromKey('anonymous', key));
  });
});

describe('while the executor or Docker is away', () => {
  it('answers 503 with the cause, states nothing, but still answers what stands already', async () => {
    const key = { ...waiting, 'idempotency-key': randomUUID() };
    const wish = { container: fresh(), action: 'restart' };
    await api.post(path, wish, key);
    executor.dockerAway = true;
    const newKey = randomUUID();
    const refused = await api.post(
      path,
      { container: fresh(), action: 'restart' },
      { 'idempotency-key': newKey },
    );
    const known = await api.post(path, wish, key);
    executor.dockerAway = false;
    expect(refused).toMatchObject({ status: 503, body: { code: 'docker_unavailable' } });
    expect(refused.headers.get('retry-after')).toBe('5');
    expect(refused.headers.get('location')).toBeNull();
    expect(await readRemediation(context.bus, idFromKey('anonymous', newKey))).toBeUndefined();
    expect(known).toMatchObject({ status: 200, body: { outcome: 'recovered' } });
  });

  it('names the engine whose executor is silent, and refuses one that there is not', async () => {
    const answer = await api.post(path, { container: 'a', action: 'restart', engine: 'nowhere' });
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ field: 'engine' }] } });
  });
});

describe('the routes of the Action Server', () => {
  const route = '/api/v1/action/restart-target-api';

  it('wait for the end and answer as their document says', async () => {
    const dry = await api.post(`${route}?dry_run=True`);
    expect(dry).toMatchObject({
      status: 200,
      body: {
        action: 'restart_target_api',
        status: 'dry_run',
        container: 'target_server_api',
        details: { command: expect.any(String), risk_level: 'medium', calls: [expect.any(String)] },
      },
    });
    expect(await api.post(route)).toMatchObject({
      status: 200,
      body: { status: 'success', outcome: 'recovered', details: { details: 'Container restarted' } },
    });
    expect(await api.post(route)).toMatchObject({ status: 429, body: { reason: 'cooldown_active' } });
  });

  it('answer 202 with a Location when the caller does not wait', async () => {
    const answer = await api.post('/api/v1/action/restart-target-db', undefined, { prefer: 'wait=0' });
    expect(answer).toMatchObject({
      status: 202,
      body: { status: 'in_progress', container: 'target_server_db' },
    });
    expect(answer.headers.get('location')).toContain(answer.body.remediation_id);
  });
});

describe('safety, audit and targets over HTTP', () => {
  it('show a cell, explain a decision and reset a cooldown in the name of the caller', async () => {
    const container = fresh();
    await api.post(path, { container, action: 'restart' }, waiting);
    const status = await api.get(`/api/v1/safety/status?container=${container}`);
    expect(status.body.cells[0].cooldown.remaining_seconds).toBeGreaterThan(3_500);
    const explained = await api.get(`/api/v1/safety/explain?container=${container}`);
    expect(explained.body).toMatchObject({ would_be: 'refused', reason: 'cooldown_active' });
    const reset = await api.post('/api/v1/safety/reset', { container, reason: 'known cause' });
    expect(reset.body.reset).toMatchObject([{ changed: true }]);
    expect((await api.get(`/api/v1/safety/explain?container=${container}`)).body.would_be).toBe('approved');
  });

  it('switch remediation off and on', async () => {
    const control = '/api/v1/safety/control';
    await api.post(control, { kill_switch: 'on', reason: 'drill' });
    const answer = await api.post(path, { container: fresh(), action: 'restart' }, waiting);
    await api.post(control, { kill_switch: 'off', reason: 'drill over' });
    expect(answer).toMatchObject({ status: 503, body: { code: 'kill_switch' } });
  });

  it('say that the mesh can heal, also while only the audit is away', async () => {
    const service = { version: '0.0.0', description: 'is there' };
    await using _verifier = await serveRpc(context.bus, { ...service, name: 'verifier' }, []);
    const audit = await serveRpc(context.bus, { ...service, name: 'audit' }, []);
    const becomes = (status: string) =>
      until(`it is ${status}`, async () => {
        const health = await api.get('/health');
        return health.body.status === status ? health : undefined;
      });
    expect((await becomes('ok')).status).toBe(200);
    await audit[Symbol.asyncDispose]();
    expect((await becomes('degraded')).status).toBe(200);
  });

  it('say which service does not answer', async () => {
    expect(await api.get('/api/v1/audit')).toMatchObject({
      status: 503,
      body: { code: 'service_unavailable' },
    });
    const health = await until('it is known', async () => {
      const answer = await api.get('/health');
      return answer.status === 503 ? answer : undefined;
    });
    expect(health.body.status).toBe('unavailable');
    expect(health.body.parts).toMatchObject({
      nats: { ok: true },
      safety: { ok: true },
      docker: { ok: true },
      verifier: { ok: false, cause: expect.stringContaining('verifier'), remedy: expect.any(String) },
    });
    expect(await api.get('/health/ready')).toMatchObject({ status: 200 });
    expect(await api.get('/api/v1/targets')).toMatchObject({ status: 200, body: { engine: 'local' } });
  });
});

describe('any request', () => {
  const word = fc.oneof(
    fc.constantFrom('restart', 'a.*.>', '>', ' ', 'hemostat.rpc', '../x', 'web-1', ''),
    fc.string({ unit: 'binary', maxLength: 200 }),
  );
  const bodies = fc.oneof(
    fc.json(),
    fc
      .record(
        {
          container: fc.oneof(word, fc.anything()),
          action: fc.oneof(word, fc.anything()),
          engine: fc.oneof(word, fc.anything()),
          confidence: fc.oneof(fc.double(), fc.anything()),
          dry_run: fc.constant(true),
          metrics: fc.object(),
        },
        { requiredKeys: [] },
      )
      .map((value) => JSON.stringify(value)),
  );

  it('gets an answer that is documented and no 5xx, whatever its body and its names are', async () => {
    await fc.assert(
      fc.asyncProperty(bodies, word, async (body, name) => {
        const answers = [
          await api.post(path, body),
          await api.get(`/api/v1/safety/explain?container=${encodeURIComponent(name)}`),
          await api.get(`${path}/${encodeURIComponent(name)}`),
        ];
        for (const { status } of answers) expect(status).toBeLessThan(500);
      }),
      { numRuns: 300 },
    );
  });

  it('reaches no other subject than its own: the third token of each is a UUID', async () => {
    const subjects = Object.keys(
      (await context.bus.jsm.streams.info('HEMOSTAT', { subjects_filter: '>' })).state.subjects ?? {},
    );
    const requests = subjects.filter((subject) => subject.endsWith('.requested'));
    expect(requests.length).toBeGreaterThan(10);
    for (const subject of requests)
      expect(subject).toMatch(/^hemostat\.remediation\.[0-9a-f-]{36}\.requested$/);
  });
});
