import { randomUUID } from 'node:crypto';
import { type IncomingMessage, request } from 'node:http';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRemediation } from '#libs/bus/remediation-record';
import { idFromKey } from '#libs/contracts/ids';
import { inboxSubject } from '#libs/contracts/subjects';
import { type GatewayGround, startGatewayGround } from '#libs/testing/gateway-ground';
import { until } from '#libs/testing/until';
import { startSafety } from '../../safety/service.ts';
import { startGateway } from '../service.ts';

let ground: GatewayGround;
beforeAll(async () => {
  ground = await startGatewayGround({ startSafety, startGateway });
});
afterAll(() => ground[Symbol.asyncDispose]());
const path = '/api/v1/remediations';
const waiting = { prefer: 'wait=20' };
const fresh = (): string => `patient-${randomUUID().slice(0, 8)}`;

/** As it stands, with headers that may stand twice. */
async function sent(text: string | Buffer, headers: readonly (readonly [string, string])[] = []) {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const { host } = new URL(ground.api.url);
  const own = { host, 'content-type': 'application/json', prefer: 'wait=20' };
  const all = [...Object.entries(own), ...headers].flat();
  const asking = request(`${ground.api.url}${path}`, { method: 'POST', headers: all }, resolve);
  asking.on('error', reject).end(text);
  const answer = await promise;
  return { status: answer.statusCode, body: await json(answer) };
}

describe('a remediation over HTTP', () => {
  it('is answered 202 with its Location at once; there its whole life can be read', async () => {
    const container = fresh();
    const asked = await ground.api.post(path, {
      container,
      action: 'restart',
      reason: 'slow',
      confidence: 0.9,
    });
    expect(asked).toMatchObject({ status: 202, body: { state: 'requested', outcome: null, container } });
    const location = asked.headers.get('location') ?? '';
    expect(location).toBe(`${path}/${asked.body.remediation_id}`);
    const { body } = await until('it is complete', async () => {
      const answer = await ground.api.get(location);
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
    const answer = await ground.api.post(path, { container: fresh(), action: 'restart' }, headers);
    expect(answer).toMatchObject({ status: 200, body: { outcome: 'recovered', trace_id: traceId } });
    expect(answer.headers.get('preference-applied')).toBe('wait=20');
    expect(answer.headers.get('traceresponse')).toContain(traceId);
  });

  it('that ran is a 200 also when it failed, and the body says so', async () => {
    ground.executor.outcome = 'failed';
    const answer = await ground.api.post(path, { container: fresh(), action: 'restart' }, waiting);
    ground.executor.outcome = 'recovered';
    expect(answer).toMatchObject({ status: 200, body: { outcome: 'failed', result: { status: 'failed' } } });
  });

  it('that is refused is the problem of its reason, with the numbers and every gate', async () => {
    const wish = { container: fresh(), action: 'restart' };
    await ground.api.post(path, wish, waiting);
    const answer = await ground.api.post(path, wish, waiting);
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
    const looked = await ground.api.get(`${path}/${answer.body.remediation_id}`);
    expect(looked).toMatchObject({ status: 200, body: { state: 'complete', outcome: 'rejected' } });
  });

  it('of what is no container is a 404 and of an ambiguous name a 409, without being asked to wait', async () => {
    const missing = await ground.api.post(path, { container: 'missing-1', action: 'restart' });
    expect(missing).toMatchObject({
      status: 404,
      body: { code: 'container_not_found', outcome: 'rejected' },
    });
    const ambiguous = await ground.api.post(path, { container: 'ambiguous', action: 'restart' });
    expect(ambiguous).toMatchObject({ status: 409, body: { code: 'ambiguous_target' } });
    expect(ambiguous.body.candidates).toHaveLength(2);
    const looked = await ground.api.get(`${path}/${ambiguous.body.remediation_id}`);
    expect(looked.body.refusal.candidates).toEqual(ambiguous.body.candidates);
    const reset = { container: 'ambiguous', reason: 'x' };
    for (const answer of [
      await ground.api.get('/api/v1/safety/explain?container=ambiguous'),
      await ground.api.post('/api/v1/safety/reset', reset),
    ]) {
      expect(answer).toMatchObject({ status: 409, body: { candidates: ambiguous.body.candidates } });
    }
    const protectedOne = await ground.api.post(
      path,
      { container: 'protected-1', action: 'restart' },
      waiting,
    );
    expect(protectedOne).toMatchObject({ status: 403, body: { code: 'protected_target' } });
  });

  it('that nobody can do is a 400 with its field, and stands: who asked, for what, and why not', async () => {
    for (const [wish, field] of [
      [{ action: 'exec', command: 'rm -rf /' }, 'params.command'],
      [{ action: 'exec', command: 'ps; id' }, 'params.command'],
      [{ action: 'explode', params: { token: 'hunter2' } }, 'action'],
    ] as const) {
      const container = fresh();
      const { status, body } = await ground.api.post(path, { container, ...wish });
      const refused = {
        code: 'invalid_request',
        errors: [{ field, message: expect.any(String) }],
        container,
      };
      expect({ status, body }).toMatchObject({ status: 400, body: refused });
      const looked = await ground.api.get(`${path}/${body.remediation_id}`);
      const refusal = { reason: 'invalid_request', errors: body.errors };
      const stands = { state: 'complete', outcome: 'rejected', refusal, action: wish.action, gates: [] };
      expect(looked.body).toMatchObject({ ...stands, principal: 'anonymous', door: 'http' });
      expect(JSON.stringify(looked.body)).not.toContain('hunter2');
    }
  });

  it('leaves its key to the request put right when it was refused', async () => {
    const headers = { ...waiting, 'idempotency-key': randomUUID() };
    const wish = { container: fresh(), action: 'restart' };
    for (const wrong of ['restrat', 'exec']) {
      expect((await ground.api.post(path, { ...wish, action: wrong }, headers)).status).toBe(400);
    }
    expect(await ground.api.post(path, wish, headers)).toMatchObject({ body: { outcome: 'recovered' } });
  });

  it('is understood with a byte order mark and a slash before the name, as the engine prints it', async () => {
    const container = fresh();
    const text = `\uFEFF${JSON.stringify({ container: `/${container}`, action: 'restart', dry_run: true })}`;
    expect(await sent(text)).toMatchObject({ status: 200, body: { outcome: 'dry_run', container } });
  });

  it('is refused when its body says a thing twice or is no text, and names what', async () => {
    for (const [text, field] of [
      ['{"container":"a","action":"restart","action":"stop"}', 'action'],
      [
        '{"container":"a","action":"exec","params":{"x":[{}],"command":"ps","comm\\u0061nd":"ss"}}',
        'params.command',
      ],
      [Buffer.from([0x7b, 0xff, 0x7d]), 'body'],
    ] as const) {
      expect(await sent(text)).toMatchObject({ status: 400, body: { errors: [{ field }] } });
    }
  });

  it('that is a dry run says what would be done', async () => {
    const answer = await ground.api.post(
      path,
      { container: fresh(), action: 'restart', dry_run: true },
      waiting,
    );
    expect(answer).toMatchObject({ status: 200, body: { outcome: 'dry_run', would_be: 'approved' } });
    expect(answer.body.preview.steps[0].calls).toHaveLength(1);
  });

  it('that nobody asked for is a 404', async () => {
    expect(await ground.api.get(`${path}/${randomUUID()}`)).toMatchObject({
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
      Array.from({ length: 50 }, (_, i) => (i % 2 ? ground.api : ground.other).post(path, wish, headers)),
    );
    expect(new Set(answers.map(({ body }) => body.remediation_id)).size).toBe(1);
    expect(answers.every(({ status, body }) => status === 200 && body.outcome === 'recovered')).toBe(true);
    const again = await ground.api.post(path, wish, { 'idempotency-key': headers['idempotency-key'] });
    expect(again).toMatchObject({ status: 200, body: { trace_id: answers[0]?.body.trace_id } });
  });

  it('that stands twice in a request and not the same is a 400', async () => {
    const key = randomUUID();
    const body = JSON.stringify({ container: fresh(), action: 'restart', dry_run: true });
    const twice = (other: string) =>
      sent(body, [
        ['Idempotency-Key', key],
        ['idempotency-key', other],
      ]);
    const refused = await twice('another');
    expect(refused).toMatchObject({ status: 400, body: { errors: [{ field: 'headers.idempotency-key' }] } });
    expect(await twice(key)).toMatchObject({ body: { remediation_id: idFromKey('anonymous', key) } });
  });

  it('of another request is a 422', async () => {
    const headers = { ...waiting, 'idempotency-key': randomUUID() };
    const wish = { container: fresh(), action: 'restart', dry_run: true };
    const first = await ground.api.post(path, wish, headers);
    const second = await ground.other.post(path, { ...wish, reason: 'another' }, headers);
    expect(second).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
    expect(second.body.remediation_id).toBe(first.body.remediation_id);
  });
});

describe('an idempotency key of both doors', () => {
  it('is one remediation, whichever door it came through first', async () => {
    const key = randomUUID();
    const wish = { container: fresh(), action: 'restart' };
    await ground.context.bus.js.publish(inboxSubject, JSON.stringify(wish), { msgID: key });
    const answer = await ground.api.post(path, wish, { ...waiting, 'idempotency-key': key });
    expect(answer).toMatchObject({ status: 200, body: { outcome: 'recovered' } });
    expect(answer.body.remediation_id).toBe(idFromKey('anonymous', key));
  });
});

describe('while the executor or Docker is away', () => {
  it('answers 503 with the cause, states nothing, but still answers what stands already', async () => {
    const key = { ...waiting, 'idempotency-key': randomUUID() };
    const wish = { container: fresh(), action: 'restart' };
    await ground.api.post(path, wish, key);
    ground.executor.dockerAway = true;
    const newKey = randomUUID();
    const refused = await ground.api.post(
      path,
      { container: fresh(), action: 'restart' },
      { 'idempotency-key': newKey },
    );
    const known = await ground.api.post(path, wish, key);
    ground.executor.dockerAway = false;
    expect(refused).toMatchObject({ status: 503, body: { code: 'docker_unavailable' } });
    expect(refused.headers.get('retry-after')).toBe('5');
    expect(refused.headers.get('location')).toBeNull();
    expect(await readRemediation(ground.context.bus, idFromKey('anonymous', newKey))).toBeUndefined();
    expect(known).toMatchObject({ status: 200, body: { outcome: 'recovered' } });
  });

  it('names the engine whose executor is silent, and refuses one that there is not', async () => {
    const answer = await ground.api.post(path, { container: 'a', action: 'restart', engine: 'nowhere' });
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ field: 'engine' }] } });
  });
});
