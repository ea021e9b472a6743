import { afterAll, beforeAll, expect, it } from 'vitest';
import { callRpc } from '#libs/bus/rpc';
import { executorVerbs } from '#libs/contracts/rpc';
import { executorRpcSubject } from '#libs/contracts/subjects';
import type { Target } from '#libs/contracts/target';
import { boundPlan } from '#libs/testing/bound-plan';
import { restartPlan, startServiceGround, targetOf } from '#libs/testing/service-ground';
import { startExecutor } from './service.ts';

const ground = await startServiceGround();
let executor: AsyncDisposable;
beforeAll(async () => {
  executor = await startExecutor({ env: ground.env, signal: ground.signal });
});
afterAll(async () => {
  await executor[Symbol.asyncDispose]();
  await ground[Symbol.asyncDispose]();
});

const preview = async (target: Target, action: string, params = {}) => {
  const plan = await boundPlan(restartPlan(target, { action, params }));
  const subject = executorRpcSubject('local', 'preview');
  const { steps } = await callRpc(
    ground.context.bus,
    subject,
    executorVerbs.preview,
    { plan },
    { timeoutMs: 3_000 },
  );
  return steps[0];
};
const nothing = {
  applicable: false,
  calls: [],
  risk_level: 'none',
  estimated_downtime_seconds: 0,
};

it('says that nothing would be done, and why, where an action does not apply', async () => {
  await using patient = await ground.patient();
  const running = await preview(targetOf(patient), 'start');
  expect(running).toMatchObject({ ...nothing, command: expect.stringMatching(/^nothing: .*runs already/) });
  const scalePool = { engine: 'local', kind: 'endpoint', name: 'scale-pool' } as const;
  const unset = await preview(scalePool, 'scale-pool', { size: 20 });
  expect(unset).toMatchObject({ ...nothing, command: expect.stringContaining('SCALE_POOL_URL is not set') });
});

it('says the same of a patient that is gone by now', async () => {
  const gone = await preview(targetOf({ name: 'nobody-1' }), 'restart');
  expect(gone).toMatchObject({ ...nothing, command: expect.stringContaining('nobody-1') });
});

it('shows the call of an endpoint action by the name of its setting, never by its address', async () => {
  const target = { engine: 'local', kind: 'endpoint', name: 'chaos/abc-123' } as const;
  expect(await preview(target, 'stop-chaos-attack', { attack_id: 'abc-123' })).toMatchObject({
    command: 'stop the chaos attack abc-123',
    calls: ['POST {CHAOS_SERVER_URL}/api/v1/break/db_pool/abc-123/stop'],
    risk_level: 'low',
  });
});
