import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callRpc } from '#libs/bus/rpc';
import { executorVerbs } from '#libs/contracts/rpc';
import { executorRpcSubject } from '#libs/contracts/subjects';
import { boundPlan } from '#libs/testing/bound-plan';
import { restartPlan, startServiceGround, targetOf } from '#libs/testing/service-ground';
import { until } from '#libs/testing/until';
import { startExecutor } from './service.ts';

const ground = await startServiceGround();
const { bus } = ground.context;
const start = (more: NodeJS.ProcessEnv = {}) =>
  startExecutor({ env: { ...ground.env, ...more }, signal: ground.signal });
afterAll(() => ground[Symbol.asyncDispose]());

describe('others ask', () => {
  const subject = (verb: string) => executorRpcSubject('local', verb);
  const wait = { timeoutMs: 3_000 };
  let executor: AsyncDisposable;
  beforeAll(async () => {
    executor = await start({ HEMOSTAT_PROTECT: 'sacred' });
  });
  afterAll(() => executor[Symbol.asyncDispose]());

  it('who a name is, and get the same target for name and id', async () => {
    await using patient = await ground.patient({ labels: { 'hemostat.protect': 'true' } });
    const resolve = (container: string) =>
      callRpc(bus, subject('resolve'), executorVerbs.resolve, { container }, wait);
    const byName = await resolve(patient.name);
    expect(byName).toMatchObject({
      status: 'resolved',
      resolved: { target: targetOf(patient), protected_by: 'its label hemostat.protect' },
    });
    expect(await resolve(patient.id)).toEqual(byName);
    expect(await resolve(patient.id.slice(0, 12))).toEqual(byName);
    expect(await resolve('nobody-1')).toMatchObject({ status: 'not_found' });
  });

  it('what a plan would do, and nothing is done', async () => {
    await using patient = await ground.patient({ create: { StopTimeout: 3 } });
    const since = Date.now();
    const plan = await boundPlan(restartPlan(targetOf(patient)));
    const preview = await callRpc(bus, subject('preview'), executorVerbs.preview, { plan }, wait);
    expect(preview.steps).toEqual([
      {
        n: 1,
        action: 'restart',
        command: `docker restart --time 3 ${patient.name}`,
        calls: [`POST /containers/${patient.id}/restart?t=3`],
        risk_level: 'medium',
        reversible: false,
        estimated_downtime_seconds: 3,
        notes: [],
      },
    ]);
    expect(await ground.count(patient, 'restart', since)).toBe(0);
  });

  it('how a target is right now, also when it is gone', async () => {
    const patient = await ground.patient();
    const inspect = () =>
      callRpc(bus, subject('inspect'), executorVerbs.inspect, { target: targetOf(patient) }, wait);
    expect(await inspect()).toMatchObject({ exists: true, status: 'running', container_id: patient.id });
    await patient[Symbol.asyncDispose]();
    expect(await inspect()).toMatchObject({ exists: false, running: false });
  });

  it('what there is', async () => {
    await using patient = await ground.patient();
    const { targets } = await until('it is listed as running', async () => {
      const listed = await callRpc(bus, subject('targets'), executorVerbs.targets, {}, wait);
      const running = listed.targets.filter(({ state }) => state === 'running');
      return running.some((each) => each.container_id === patient.id) ? listed : undefined;
    });
    expect(targets.find((each) => each.container_id === patient.id)).toMatchObject({
      image: ground.image,
      state: 'running',
    });
  });
});
