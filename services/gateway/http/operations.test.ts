import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serveRpc } from '#libs/bus/rpc';
import { apiClient } from '#libs/testing/api-client';
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
const control = '/api/v1/safety/control';
const fresh = (): string => `patient-${randomUUID().slice(0, 8)}`;

describe('the routes of the Action Server', () => {
  const route = '/api/v1/action/restart-target-api';

  it('wait for the end and answer as their document says', async () => {
    const dry = await ground.api.post(`${route}?dry_run=True`);
    expect(dry).toMatchObject({
      status: 200,
      body: {
        action: 'restart_target_api',
        status: 'dry_run',
        container: 'target_server_api',
        details: { command: expect.any(String), risk_level: 'medium', calls: [expect.any(String)] },
      },
    });
    expect(await ground.api.post(route)).toMatchObject({
      status: 200,
      body: { status: 'success', outcome: 'recovered', details: { details: 'Container restarted' } },
    });
    expect(await ground.api.post(route)).toMatchObject({ status: 429, body: { reason: 'cooldown_active' } });
  });

  it('answer 202 with a Location when the caller does not wait', async () => {
    const answer = await ground.api.post('/api/v1/action/restart-target-db', undefined, { prefer: 'wait=0' });
    expect(answer).toMatchObject({
      status: 202,
      body: { status: 'in_progress', container: 'target_server_db' },
    });
    expect(answer.headers.get('location')).toContain(answer.body.remediation_id);
  });
});

describe('a route of the Action Server whose container is not there', () => {
  it('names the setting that names the container', async () => {
    const env = {
      NATS_URL: ground.server.url,
      LOG_LEVEL: 'silent',
      GATEWAY_PORT: '0',
      TARGET_API_CONTAINER: 'missing-api',
    };
    await using gateway = await startGateway({ env, signal: new AbortController().signal });
    const api = await apiClient(gateway.url);
    expect(await api.post('/api/v1/action/restart-target-api')).toMatchObject({
      status: 404,
      body: {
        code: 'container_not_found',
        container: 'missing-api',
        detail: expect.stringContaining('TARGET_API_CONTAINER'),
      },
    });
  });
});

describe('safety, audit and targets over HTTP', () => {
  it('answer 400 and name the field for an engine that there is not, wherever one may be named', async () => {
    const { paths } = (await ground.api.get('/openapi.json')).body;
    const taking = Object.keys(paths).filter((path) =>
      paths[path].get?.parameters?.some(({ name }: { name: string }) => name === 'engine'),
    );
    expect(taking.length).toBeGreaterThanOrEqual(3);
    const wrong = (field: string) => ({
      status: 400,
      body: { code: 'invalid_request', errors: [{ field }] },
    });
    for (const route of taking) {
      const container = route.includes('safety') ? '&container=a' : '';
      expect(await ground.api.get(`${route}?engine=nowhere${container}`)).toMatchObject(
        wrong('query.engine'),
      );
      expect((await ground.api.get(`${route}?engine=local${container}`)).status).toBe(200);
    }
    const target = '/api/v1/safety/explain?target=nowhere/container/a';
    expect(await ground.api.get(target)).toMatchObject(wrong('query.target'));
    const where = { container: 'a', engine: 'nowhere' };
    const order = { ...where, reason: 'x' };
    expect(await ground.api.post('/api/v1/safety/reset', order)).toMatchObject(wrong('engine'));
    expect(await ground.api.post(path, { ...where, action: 'restart' })).toMatchObject(wrong('engine'));
  });

  it('show a cell, explain a decision and reset a cooldown in the name of the caller', async () => {
    const container = fresh();
    await ground.api.post(path, { container, action: 'restart' }, waiting);
    const status = await ground.api.get(`/api/v1/safety/status?container=${container}`);
    expect(status.body.cells[0].cooldown.remaining_seconds).toBeGreaterThan(3_500);
    const explained = await ground.api.get(`/api/v1/safety/explain?container=${container}`);
    expect(explained.body).toMatchObject({ would_be: 'refused', reason: 'cooldown_active' });
    const reset = await ground.api.post('/api/v1/safety/reset', { container, reason: 'known cause' });
    expect(reset.body.reset).toMatchObject([{ changed: true }]);
    expect((await ground.api.get(`/api/v1/safety/explain?container=${container}`)).body.would_be).toBe(
      'approved',
    );
  });

  it('switch remediation off and on; the refusal and the health say who did and how it is lifted', async () => {
    const wish = { container: fresh(), action: 'restart' };
    await ground.api.post(control, { kill_switch: 'on', reason: 'drill' });
    const answer = await ground.api.post(path, wish, waiting);
    const switchedOff = await until('health names it', async () => {
      const { body } = await ground.api.get('/health');
      return body.parts.kill_switch.ok ? undefined : body.parts.kill_switch;
    });
    await ground.api.post(control, { kill_switch: 'off', reason: 'drill over' });
    expect(answer).toMatchObject({ status: 503, body: { code: 'kill_switch' } });
    expect(answer.headers.get('retry-after')).toBeNull();
    expect(answer.body.detail).toContain('drill. Lift it with POST /api/v1/safety/control');
    expect(switchedOff).toEqual({
      ok: false,
      cause: 'remediation is switched off by anonymous: drill',
      remedy: expect.stringContaining('nats req hemostat.rpc.safety.control'),
    });
  });

  it('switch remediation off until an instant in any form of RFC 3339, and say when to try again', async () => {
    const end = '2999-01-01T02:00:00+02:00';
    const order = { kill_switch: 'on', until: end, reason: 'drill' };
    const thrown = await ground.api.post(control, order);
    const answer = await ground.api.post(path, { container: fresh(), action: 'restart' }, waiting);
    await ground.api.post(control, { kill_switch: 'off', reason: 'drill over' });
    expect(thrown.body.control.kill_switch.until).toBe('2999-01-01T00:00:00.000Z');
    expect(answer.headers.get('retry-after')).toBe(String(answer.body.remaining_seconds));
  });

  it('say what is wrong with Docker and what to do, each in its place', async () => {
    ground.executor.dockerAway = true;
    const docker = await until('health tells', async () => {
      const { body } = await ground.api.get('/health');
      return body.parts.docker.ok ? undefined : body.parts.docker;
    });
    ground.executor.dockerAway = false;
    expect(docker).toEqual({ ok: false, cause: 'The Docker Engine is stopped', remedy: 'Start it.' });
  });

  it('say that the mesh can heal, also while only the audit is away', async () => {
    const service = { version: '0.0.0', description: 'is there' };
    await using _verifier = await serveRpc(ground.context.bus, { ...service, name: 'verifier' }, []);
    const audit = await serveRpc(ground.context.bus, { ...service, name: 'audit' }, []);
    const becomes = (status: string) =>
      until(`it is ${status}`, async () => {
        const health = await ground.api.get('/health');
        return health.body.status === status ? health : undefined;
      });
    expect((await becomes('ok')).status).toBe(200);
    await audit[Symbol.asyncDispose]();
    expect((await becomes('degraded')).status).toBe(200);
  });

  it('say which service does not answer', async () => {
    expect(await ground.api.get('/api/v1/audit')).toMatchObject({
      status: 503,
      body: { code: 'service_unavailable' },
    });
    const health = await until('it is known', async () => {
      const answer = await ground.api.get('/health');
      return answer.status === 503 ? answer : undefined;
    });
    expect(health.body.status).toBe('unavailable');
    expect(health.body.parts).toMatchObject({
      nats: { ok: true },
      safety: { ok: true },
      docker: { ok: true },
      verifier: { ok: false, cause: expect.stringContaining('verifier'), remedy: expect.any(String) },
    });
    expect(await ground.api.get('/health/ready')).toMatchObject({ status: 200 });
    expect(await ground.api.get('/api/v1/targets')).toMatchObject({ status: 200, body: { engine: 'local' } });
  });
});
