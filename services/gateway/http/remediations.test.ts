import { randomUUID } from 'node:crypto';
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
    const protectedOne = await ground.api.post(
      path,
      { container: 'protected-1', action: 'restart' },
      waiting,
    );
    expect(protectedOne).toMatchObject({ status: 403, body: { code: 'protected_target' } });
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
