import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type ActionServerGround,
  endpointToken,
  startActionServerGround,
} from '#libs/testing/action-server-ground';
import type { ApiAnswer } from '#libs/testing/api-client';
import { until } from '#libs/testing/until';

const workflow = '/api/v1/action/remediate-db-pool-exhaustion';
const stopChaos = '/api/v1/action/stop-chaos-attack';
const attacks = '/api/v1/break/db_pool';
const canary = 'canary-new-password-of-the-database';

let ground: ActionServerGround;
let hangingId: string;
beforeAll(async () => {
  ground = await startActionServerGround({ endpoints: true, env: { LOG_LEVEL: 'DEBUG' } });
  ground.endpoint.on('POST /rotate-credentials', { status: 202, body: { password: canary } });
}, 120_000);
afterAll(() => ground[Symbol.asyncDispose]());
beforeEach(() => ground.reset());

const ask = (action: string, params: object): Promise<ApiAnswer> =>
  ground.first.post('/api/v1/remediations', { action, params }, { prefer: 'wait=30' });
const remediate = (attack: string): Promise<ApiAnswer> =>
  ground.first.post(`${workflow}?attack_id=${attack}`);

describe('stop-chaos-attack', () => {
  it('asks the chaos server once, and tells what it said and what came of it', async () => {
    const ending = ['cancelling', 'cancelling', 'cancelled'];
    ground.chaos.on(`POST ${attacks}/abc-123/stop`, { body: { status: 'cancelling' } });
    ground.chaos.on(`GET ${attacks}/abc-123`, () => ({ body: { status: ending.shift() ?? 'cancelled' } }));
    const { status, body } = await ground.first.post(`${stopChaos}?attack_id=abc-123`);
    expect({ status, ...body }).toMatchObject({
      status: 'success',
      action: 'stop_chaos_attack',
      outcome: 'executed',
      details: { status: 'cancelling', attack_status: 'cancelled' },
    });
    const [call, ...more] = ground.chaos.asked('POST /*');
    expect({ more, token: call?.authorization }).toEqual({ more: [], token: undefined });
    expect(await ground.spent('local/endpoint/chaos/abc-123')).toBe('nothing');
  });

  it('of an attack that nobody knows does not apply, and the workflow goes on', async () => {
    const { status, body } = await ground.first.post(`${stopChaos}?attack_id=nobody`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'not_applicable', outcome: 'not_applicable' });
    expect(body.message).toContain('no chaos attack nobody');
    await ground.script({ api: 'healthy' });
    const whole = await remediate('nobody');
    expect(whole.body).toMatchObject({ outcome: 'recovered', remediation_complete: true });
    expect(whole.body.execution_log).toMatchObject([
      { action: 'stop_chaos_attack', status: 'skipped' },
      { action: 'restart_target_api', status: 'success' },
      { action: 'verify_health', status: 'success' },
    ]);
    expect(await ground.restarts()).toEqual({ api: 1, database: 0 });
  });

  it('that the chaos server refuses is a failed step with its error, and the workflow goes on', async () => {
    ground.chaos.on(`POST ${attacks}/stuck/stop`, { status: 500, body: { error: canary } });
    await ground.script({ api: 'healthy' });
    const { status, body } = await remediate('stuck');
    expect({ status, outcome: body.outcome }).toEqual({ status: 200, outcome: 'recovered' });
    const [step] = body.execution_log;
    expect(step).toMatchObject({ action: 'stop_chaos_attack', status: 'failed' });
    expect(step.error).toContain('HTTP 500');
    expect(await ground.spent('local/endpoint/chaos/stuck')).toBe('attempt');
    expect(await ground.spent(ground.targets.api)).toBe('cooldown');
  });

  it('takes no id that could lead elsewhere, on any way in', async () => {
    const before = ground.chaos.asked('POST /*').length;
    for (const id of ['..', '%2e%2e', 'a%2Fb', 'a%252Fb', 'a%3Fb', 'a%23b', 'a b', '%00', 'x'.repeat(65)]) {
      const answers = [await ground.first.post(`${stopChaos}?attack_id=${id}`), await remediate(id)];
      for (const { status, body } of answers) {
        expect({ id, status, field: body.errors[0].field }).toMatchObject({ id, status: 400 });
        expect(body.errors[0]).toMatchObject({ field: 'query.attack_id' });
      }
    }
    expect((await ask('stop-chaos-attack', { attack_id: '../x' })).status).toBe(400);
    // The workflow takes an empty one for none; an action that is about an attack does not.
    expect((await ground.first.post(`${stopChaos}?attack_id=`)).status).toBe(400);
    expect((await ground.first.post(stopChaos)).status).toBe(400);
    expect(ground.chaos.asked('POST /*')).toHaveLength(before);
  });
});

describe('actions on an endpoint of the target', () => {
  it('rotate-credentials calls once with the token, and its answer stands nowhere', async () => {
    const { status, body } = await ask('rotate-credentials', { credential: 'app_user' });
    expect({ status, outcome: body.outcome }).toEqual({ status: 200, outcome: 'executed' });
    expect(ground.endpoint.asked('POST /rotate-credentials')).toMatchObject([
      { authorization: `Bearer ${endpointToken}`, body: JSON.stringify({ credential: 'app_user' }) },
    ]);
    const audit = join(ground.mesh.dataDir, 'action_server_audit.log');
    const written = await until('its end is audited', async () => {
      const text = await readFile(audit, 'utf8').catch(() => '');
      const lines = text.split('\n').filter((line) => line.includes(body.remediation_id));
      return lines.some((line) => line.includes('"complete"')) ? text : undefined;
    });
    const facts = JSON.stringify(await ground.record(body.remediation_id));
    const logs = ground.mesh.processes.map((each) => each.output()).join('\n');
    for (const text of [written, facts, logs, JSON.stringify(body)]) expect(text).not.toContain('canary');
    expect(logs).toContain(body.remediation_id);
  });

  it('that hang have an unknown end, and are never called again', async () => {
    ground.endpoint.on('POST /rotate-credentials', 'silence');
    const before = ground.endpoint.asked('POST /rotate-credentials').length;
    const { body } = await ground.first.post('/api/v1/remediations', { action: 'rotate-credentials' });
    hangingId = body.remediation_id;
    await until('it is called', () =>
      ground.endpoint.asked('POST /rotate-credentials').length > before ? true : undefined,
    );
  });

  it('scale-pool calls once, and the answer of the target stands in the result', async () => {
    ground.endpoint.on('POST /scale-pool', { body: { previous_size: 10 } });
    const { body } = await ask('scale-pool', { size: 20 });
    expect(body).toMatchObject({ outcome: 'executed', container: 'scale-pool' });
    expect(body.execution_log[0].result).toMatchObject({ http_status: 200, answer: { previous_size: 10 } });
    expect(ground.endpoint.asked('POST /scale-pool')).toMatchObject([
      { authorization: `Bearer ${endpointToken}`, body: JSON.stringify({ size: 20 }) },
    ]);
    expect(await ground.spent('local/endpoint/scale-pool')).toBe('nothing');
  });

  it('that refuse have failed, and an attempt is counted', async () => {
    ground.endpoint.on('POST /scale-pool', { status: 500, body: {} });
    const { status, body } = await ask('scale-pool', { size: 30 });
    expect({ status, outcome: body.outcome }).toEqual({ status: 200, outcome: 'failed' });
    expect(body.message).toContain('SCALE_POOL_URL refused with HTTP 500');
    expect(await ground.spent('local/endpoint/scale-pool')).toBe('attempt');
  });
});

describe('a chaos server that is not there', () => {
  it('is a failed step with its error, no attempt is counted, and the workflow goes on', async () => {
    await ground.chaos[Symbol.asyncDispose]();
    await ground.script({ api: 'healthy' });
    const { body } = await remediate('abc-123');
    expect(body).toMatchObject({ outcome: 'recovered', remediation_complete: true });
    expect(body.execution_log[0]).toMatchObject({ action: 'stop_chaos_attack', status: 'failed' });
    expect(body.execution_log[0].error).toContain('CHAOS_SERVER_URL cannot be reached');
    expect(await ground.spent('local/endpoint/chaos/abc-123')).toBe('nothing');
    await ground.reset();
    const alone = await ground.first.post(`${stopChaos}?attack_id=abc-123`);
    expect(alone).toMatchObject({ status: 200, body: { status: 'failed', outcome: 'failed' } });
  });
});

it('a call that was never answered has an unknown end in time, and was made once', async () => {
  const finished = await until(
    'its end is stated',
    async () => (await ground.record(hangingId))?.finished?.body,
    20_000,
  );
  expect(finished).toMatchObject({ outcome: 'unknown', reached_docker: true });
  expect(ground.endpoint.asked('POST /rotate-credentials')).toHaveLength(2);
});
