import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ApiAnswer, type ApiClient, apiClient } from '#libs/testing/api-client';
import { type GatewayGround, startGatewayGround } from '#libs/testing/gateway-ground';
import { startSafety } from '../../safety/service.ts';
import { startGateway } from '../service.ts';

const workflow = 'remediate-db-pool-exhaustion';
const routes = ['restart-target-api', 'restart-target-db', 'stop-chaos-attack', workflow];
const tokens = { act: 'a-token-that-may-act', observe: 'a-token-that-may-look' };

const stack = new AsyncDisposableStack();
const stop = new AbortController();
let ground: GatewayGround;
beforeAll(async () => {
  ground = stack.use(await startGatewayGround({ startSafety, startGateway }));
  stack.defer(() => stop.abort());
});
afterAll(() => stack.disposeAsync());
beforeEach(() => ground.api.post('/api/v1/safety/reset', { all: true, reason: 'the next test' }));

/** A gateway beside those of the ground, with settings of its own. */
async function gatewayWith(env: NodeJS.ProcessEnv): Promise<ApiClient> {
  const base = { NATS_URL: ground.server.url, LOG_LEVEL: 'silent', GATEWAY_PORT: '0' };
  const gateway = await startGateway({ env: { ...base, ...env }, signal: stop.signal });
  stack.use(gateway);
  return apiClient(gateway.url);
}

type Extras = {
  readonly api?: ApiClient;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
};
/** Calls a route of the Action Server. Whatever the workflow answers has what agents read of it. */
async function call(
  route: string,
  query = '',
  { api = ground.api, body, headers }: Extras = {},
): Promise<ApiAnswer> {
  const needed = route === 'stop-chaos-attack' && !query.includes('attack_id') ? 'attack_id=abc-123' : '';
  const search = [needed, query].filter((part) => part !== '').join('&');
  const path = `/api/v1/action/${route}${search === '' ? '' : `?${search}`}`;
  const answer = await api.post(path, body, headers);
  if (route === workflow) {
    const { remediation_complete, execution_log, recommendation } = answer.body;
    const complete = answer.status === 200 && answer.body.outcome === 'recovered';
    expect({ remediation_complete, log: Array.isArray(execution_log) }).toEqual({
      remediation_complete: complete,
      log: true,
    });
    expect(recommendation).toMatch(/\w{3}/);
  }
  return answer;
}

describe.each(routes)('%s', (route) => {
  it('answers 200 at its end, and 429 with when to come again while the target rests', async () => {
    const { status, body, headers } = await call(route);
    expect({ status, outcome: body.outcome }).toEqual({ status: 200, outcome: 'recovered' });
    expect(body).toMatchObject({ status: 'success', action: route.replaceAll('-', '_'), state: 'complete' });
    expect(headers.get('location')).toBe(`/api/v1/remediations/${body.remediation_id}`);
    const action = route.startsWith('restart') ? 'restart' : route;
    expect(headers.get('ratelimit-policy')).toBe(`"${action}";q=5;w=60`);
    if (route === 'stop-chaos-attack') return;
    const again = await call(route);
    expect(again).toMatchObject({ status: 429, body: { code: 'cooldown_active', remaining_seconds: 3_600 } });
    expect(again.headers.get('retry-after')).toBe('3600');
    expect(again.headers.get('ratelimit')).toMatch(new RegExp(`^"${action}";r=3;t=\\d+$`));
  });

  it('previews with every way to write true, and remediates with every way to write false', async () => {
    for (const yes of ['true', 'True', '1', 'yes', 'on']) {
      const { status, body } = await call(route, `dry_run=${yes}`);
      expect({ yes, status, ...body }).toMatchObject({
        status: 'dry_run',
        dry_run: true,
        outcome: 'dry_run',
      });
      expect(body.details).toMatchObject({
        command: expect.any(String),
        risk_level: 'medium',
        estimated_downtime: expect.stringMatching(/^up to \d+ seconds$/),
        would_be: 'approved',
      });
      if (route === workflow)
        expect(body).toMatchObject({ would_be: 'approved', preview: { steps: [{ n: 1 }] } });
    }
    if (route === workflow) expect((await call(route, 'dry_run=1&attack_id=')).status).toBe(200);
    expect((await call(route, 'dry_run=False')).body).toMatchObject({ dry_run: false, outcome: 'recovered' });
  });

  it('is refused with 400 that names what is wrong with it', async () => {
    const wrong = [
      ['dryrun=true', 'query.dryrun'],
      ['dry_run=maybe', 'query.dry_run'],
      ['dry_run=', 'query.dry_run'],
      ['dry_run=true&dry_run=false', 'query.dry_run'],
      ['attack_id=..%2F..%2Fadmin', 'query.attack_id'],
      ['escalate=true', 'query.escalate'],
    ] as const;
    for (const [query, field] of wrong) {
      const { status, body } = await call(route, query);
      expect({ query, status, code: body.code }).toEqual({ query, status: 400, code: 'invalid_request' });
      expect(body.errors).toMatchObject([{ field, message: expect.stringMatching(/\w/) }]);
    }
    expect((await call(route, '', { body: { dry_run: true } })).status).toBe(400);
    expect((await call(route, '', { body: 'no JSON' })).status).toBe(400);
    expect((await call(route, '', { headers: { prefer: 'wait=soon' } })).status).toBe(400);
    expect((await call(route, '', { headers: { 'idempotency-key': 'x'.repeat(257) } })).status).toBe(400);
  });

  it('takes no body but JSON, and none that is too long', async () => {
    const text = { 'content-type': 'text/plain' };
    expect(await call(route, '', { body: 'x', headers: text })).toMatchObject({ status: 415 });
    expect((await call(route, '', { body: { x: 'x'.repeat(70_000) } })).status).toBe(413);
  });

  it('asks for a token that may act, where there are tokens', async () => {
    const list = Object.entries(tokens).map(([scope, token]) => ({
      principal: scope,
      scopes: [scope],
      token,
    }));
    const api = await gatewayWith({ GATEWAY_TOKENS: JSON.stringify(list) });
    const as = (token: string) => ({ api, headers: { authorization: `Bearer ${token}` } });
    expect((await call(route, '', { api })).status).toBe(401);
    expect((await call(route, '', as('an-unknown-token'))).status).toBe(401);
    expect((await call(route, '', as(tokens.observe))).status).toBe(403);
    expect((await call(route, 'dry_run=true', as(tokens.act))).status).toBe(200);
    expect((await api.get('/api/v1/action/verify-target-health')).status).toBe(401);
  });

  it('answers 422 when its key was used for another request', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    expect((await call(route, 'dry_run=true', { headers })).status).toBe(200);
    expect((await call(route, 'dry_run=true', { headers })).status).toBe(200);
    const reused = await call(route, '', { headers });
    expect(reused).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
  });

  it('answers 503 while the kill switch is on, without saying when to come again', async () => {
    const control = (kill_switch: string) =>
      ground.api.post('/api/v1/safety/control', { kill_switch, reason: 'drill' });
    await control('on');
    const refused = await call(route);
    await control('off');
    expect(refused).toMatchObject({ status: 503, body: { code: 'kill_switch', reason: 'kill_switch' } });
    expect(refused.headers.get('retry-after')).toBeNull();
  });

  it('takes POST only', async () => {
    const { status, headers } = await ground.api.get(`/api/v1/action/${route}`);
    expect([status, headers.get('allow')]).toEqual([405, 'POST']);
  });
});

describe.each(routes.filter((route) => route !== 'stop-chaos-attack'))('%s, about a container', (route) => {
  const settings = (name: string) => ({
    TARGET_API_CONTAINER: `${name}-api`,
    TARGET_DB_CONTAINER: `${name}-db`,
  });

  it.each([
    ['missing', 404, 'container_not_found'],
    ['ambiguous', 409, 'ambiguous_target'],
    ['protected', 403, 'protected_target'],
  ])('that is %s answers %i', async (name, status, code) => {
    const api = await gatewayWith(settings(name));
    const answer = await call(route, '', { api });
    expect({ status: answer.status, code: answer.body.code }).toEqual({ status, code });
    const setting = route.endsWith('db') ? 'TARGET_DB_CONTAINER' : 'TARGET_API_CONTAINER';
    if (status !== 403) expect(answer.body.detail).toContain(setting);
  });

  it.each(['missing', 'ambiguous'])(
    'that is %s shows details and an execution log in a dry run, too',
    async (name) => {
      const { body } = await call(route, 'dry_run=true', { api: await gatewayWith(settings(name)) });
      expect(body).toMatchObject({ dry_run: true, execution_log: [], outcome: 'rejected' });
      expect(body.details).toMatchObject({
        command: '',
        risk_level: 'none',
        estimated_downtime: 'up to 0 seconds',
        calls: [],
        would_be: 'refused',
        refusal: { reason: body.code, message: expect.any(String) },
      });
    },
  );

  it('answers 503 while Docker is away, and nothing stands of it', async () => {
    ground.executor.dockerAway = true;
    const headers = { 'idempotency-key': randomUUID() };
    const away = await call(route, '', { headers });
    ground.executor.dockerAway = false;
    expect(away).toMatchObject({ status: 503, body: { code: 'docker_unavailable' } });
    expect(away.headers.get('retry-after')).toBe('5');
    expect((await call(route, '', { headers })).body.outcome).toBe('recovered');
  });
});
