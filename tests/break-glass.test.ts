import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiAnswer, type ApiClient, apiClient } from '#libs/testing/api-client';
import type { TestContainer } from '#libs/testing/container';
import { type MeshGround, startMeshGround } from '#libs/testing/mesh-ground';
import { until } from '#libs/testing/until';

const principals = [
  { principal: 'ann', scopes: ['admin'], token: 'a-token-of-an-admin' },
  { principal: 'bob', scopes: ['observe', 'act'], token: 'a-token-that-may-act' },
] as const;
const reason = 'the shop is down and the cause is known';

let ground: MeshGround;
let api: ApiClient;
let target: TestContainer;
beforeAll(async () => {
  ground = await startMeshGround({ env: { GATEWAY_TOKENS: JSON.stringify(principals) } });
  api = await apiClient(ground.mesh.of('gateway')[0]?.url ?? '');
  target = await ground.patient();
  const { body } = await ask('bob', {});
  expect(body.outcome).toBe('recovered');
}, 120_000);
afterAll(async () => {
  await target[Symbol.asyncDispose]();
  await ground[Symbol.asyncDispose]();
});

const as = (name: 'ann' | 'bob') => ({
  authorization: `Bearer ${principals.find(({ principal }) => principal === name)?.token}`,
});
const ask = (name: 'ann' | 'bob', more: object): Promise<ApiAnswer> =>
  api.post(
    '/api/v1/remediations',
    { container: target.name, action: 'restart', ...more },
    { ...as(name), prefer: 'wait=30' },
  );

describe('breaking the glass of a target that rests', () => {
  it('is for admins who give a reason, and for budgets only', async () => {
    const override = ['cooldown'];
    expect(await ask('ann', {})).toMatchObject({ status: 429, body: { reason: 'cooldown_active' } });
    const lacking = await ask('bob', { override, reason });
    expect(lacking).toMatchObject({ status: 403, body: { code: 'not_permitted' } });
    expect(lacking.body.detail).toContain('bob lacks the scope admin');
    for (const without of [{}, { reason: '' }, { reason: '  ' }]) {
      const { status, body } = await ask('ann', { override, ...without });
      expect({ status, field: body.errors[0].field }).toEqual({ status: 400, field: 'reason' });
    }
    for (const gate of [
      'busy',
      'control',
      'protected',
      'labels',
      'maintenance',
      'principal',
      'confidence',
      'no_gate',
    ]) {
      const { status, body } = await ask('ann', { override: ['cooldown', gate], reason });
      expect({ gate, status, field: body.errors[0].field }).toEqual({
        gate,
        status: 400,
        field: 'override.1',
      });
    }
    expect((await ask('ann', { override: [], reason })).status).toBe(400);
    expect(await ground.restartsOf(target)).toBe(1);
  });

  it('shows in a dry run what would be overridden', async () => {
    const { status, body } = await ask('ann', { override: ['cooldown'], reason, dry_run: true });
    expect({ status, would_be: body.would_be }).toEqual({ status: 200, would_be: 'approved' });
    const gate = body.gates.find((each: { gate: string }) => each.gate === 'cooldown');
    expect(gate).toMatchObject({ pass: true, overridden: true });
    expect(gate.message).toContain('overridden by ann');
  });

  it('heals it all the same; who did it and why stands in every fact and in every line of the audit', async () => {
    const { status, body } = await ask('ann', { override: ['cooldown'], reason });
    expect({ status, outcome: body.outcome }).toEqual({ status: 200, outcome: 'recovered' });
    expect(await ground.restartsOf(target)).toBe(2);
    const broken = { gates: ['cooldown'], principal: 'ann', reason };
    expect(body.break_glass).toEqual(broken);
    expect(body.timeline[1].message).toContain('ann overrode cooldown');
    const record = await ground.record(body.remediation_id);
    const facts = [record?.requested, record?.decided, record?.finished, record?.complete];
    const steps = (record?.steps ?? []).flatMap(({ started, executed, verified }) => [
      started,
      executed,
      verified,
    ]);
    for (const fact of [...facts, ...steps]) expect(fact?.body.break_glass).toEqual(broken);
    const audited = await until('its end is audited', async () => {
      const path = `/api/v1/audit?remediation_id=${body.remediation_id}`;
      const { records } = (await api.call('GET', path, undefined, as('ann'))).body;
      return records.length === 7 ? records : undefined;
    });
    for (const line of audited) expect(line).toMatchObject({ user: 'ann', break_glass: broken });
  });

  it('is not possible over NATS: nobody there has the scope', async () => {
    await ground.publish({ container: target.name, action: 'restart', override: ['cooldown'], reason });
    const refusals = () => ground.heard.filter(({ reason: why }) => why === 'cooldown_active');
    await until('it is refused', () => refusals().length === 2 || undefined);
    expect(await ground.restartsOf(target)).toBe(2);
  });
});
