import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GatewayGround, startGatewayGround } from '#libs/testing/gateway-ground';
import { startSafety } from '../../safety/service.ts';
import { startGateway } from '../service.ts';

let ground: GatewayGround;
beforeAll(async () => {
  ground = await startGatewayGround({ startSafety, startGateway });
});
afterAll(() => ground[Symbol.asyncDispose]());
const [control, reset] = ['/api/v1/safety/control', '/api/v1/safety/reset'];
const key = () => ({ 'idempotency-key': `incident ${randomUUID()}` });
const killSwitch = async () => (await ground.api.get('/api/v1/safety/status')).body.control.kill_switch;

describe('an order to safety with an Idempotency-Key', () => {
  it('has its first answer when it is sent again, at whichever gateway, and is not done again', async () => {
    const headers = key();
    const on = { kill_switch: 'on', reason: 'change freeze' };
    const first = await ground.api.post(control, on, headers);
    expect(first).toMatchObject({ status: 200, body: { control: { kill_switch: { actor: 'anonymous' } } } });
    await ground.other.post(control, { kill_switch: 'off', reason: 'over' });
    expect(await ground.other.post(control, on, headers)).toMatchObject({ status: 200, body: first.body });
    expect(await killSwitch()).toBeNull();
  });

  it('clears no cooldown that began after it', async () => {
    const headers = key();
    const container = `patient-${randomUUID().slice(0, 8)}`;
    const order = { container, reason: 'known cause' };
    const heal = { container, action: 'restart' };
    await ground.api.post('/api/v1/remediations', heal, { prefer: 'wait=20' });
    const first = await ground.api.post(reset, order, headers);
    expect(first.body.reset).toMatchObject([{ changed: true }]);
    await ground.api.post('/api/v1/remediations', heal, { prefer: 'wait=20' });
    expect(await ground.api.post(reset, order, headers)).toMatchObject({ status: 200, body: first.body });
    const { body } = await ground.api.get(`/api/v1/safety/explain?container=${container}`);
    expect(body.reason).toBe('cooldown_active');
  });

  it('is refused when the key was used for another order', async () => {
    const headers = key();
    await ground.api.post(control, { maintenance: [], reason: 'drill' }, headers);
    for (const [path, order] of [
      [control, { maintenance: [], reason: 'another reason' }],
      [reset, { all: true, reason: 'drill' }],
    ] as const) {
      expect(await ground.api.post(path, order, headers)).toMatchObject({
        status: 422,
        body: { code: 'idempotency_key_reused', detail: expect.stringContaining('Idempotency-Key') },
      });
    }
  });

  it('is named in the header alone, which the OpenAPI document shows', async () => {
    const { paths } = (await ground.api.get('/openapi.json')).body;
    for (const path of [control, reset]) {
      const { parameters, requestBody } = paths[path].post;
      expect(parameters).toMatchObject([{ name: 'idempotency-key', in: 'header', required: false }]);
      expect(JSON.stringify(requestBody)).not.toContain('request_id');
    }
    const order = { kill_switch: 'off', reason: 'x', request_id: 'mine' };
    expect(await ground.api.post(control, order)).toMatchObject({ status: 400 });
    expect(await ground.api.post(reset, { all: true, reason: 'x' }, { 'idempotency-key': '' })).toMatchObject(
      { status: 400, body: { errors: [{ field: 'headers.idempotency-key' }] } },
    );
  });
});
