import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { publishStored } from '#libs/bus/live';
import { callRpc } from '#libs/bus/rpc';
import { executorVerbs } from '#libs/contracts/rpc';
import {
  buckets,
  deadSubject,
  decidedSubject,
  executorRpcSubject,
  startedSubject,
  targetKey,
} from '#libs/contracts/subjects';
import type { Target } from '#libs/contracts/target';
import { aTarget } from '#libs/testing/examples';
import { approve, finishedOf } from '#libs/testing/played-safety';
import { restartPlan, startServiceGround, targetOf } from '#libs/testing/service-ground';
import { startExecutor } from './service.ts';

const ground = await startServiceGround();
const { bus } = ground.context;
const start = (more: NodeJS.ProcessEnv = {}) =>
  startExecutor({ env: { ...ground.env, ...more }, signal: ground.signal });
afterAll(() => ground[Symbol.asyncDispose]());

const overwrite = async (key: string): Promise<void> => {
  await bus.js.publish(`$KV.${buckets.safety}.${key}`, '{"no": "cell"}');
};

describe('nothing is called', () => {
  const end = async (example: Omit<Parameters<typeof approve>[1], 'target'>, target?: Target) => {
    await using patient = await ground.patient();
    const since = Date.now();
    const { remediation_id: id } = await approve(bus, {
      ...example,
      target: target ?? targetOf(patient),
    });
    const finished = await finishedOf(bus, id);
    return { ...finished, id, restarts: await ground.count(patient, 'restart', since) };
  };
  let executor: AsyncDisposable;
  beforeAll(async () => {
    executor = await start();
  });
  afterAll(() => executor[Symbol.asyncDispose]());

  it('when the lease is another one’s, of another epoch, closing, or gone', async () => {
    for (const lease of [{ id: randomUUID() }, { epoch: 7 }, { state: 'closing' as const }, null]) {
      expect(await end({ lease })).toMatchObject({
        outcome: 'expired',
        reached_docker: false,
        restarts: 0,
        execution_log: [{ status: 'not_started' }],
      });
    }
  });

  it('when the request has expired', async () => {
    expect(await end({ expiresInMs: -1_000 })).toMatchObject({
      outcome: 'expired',
      reached_docker: false,
      restarts: 0,
    });
  });

  it('when there is no such container, and no budget is spent', async () => {
    expect(await end({}, aTarget('nobody-1'))).toMatchObject({
      outcome: 'failed',
      message: 'Container not found: nobody-1',
      reached_docker: false,
    });
  });

  it('when the name stands for another container by now, which is named, and no budget is spent', async () => {
    await using now = await ground.patient();
    const plan = restartPlan(targetOf(now), { bound: { containers: ['e'.repeat(64)] } });
    expect(await end({ plan }, targetOf(now))).toMatchObject({
      outcome: 'not_applicable',
      reason: 'replaced',
      message: expect.stringContaining(`By now it is ${now.name} (${now.id.slice(0, 12)})`),
      reached_docker: false,
      effects: [],
    });
    expect(await ground.count(now, 'restart', 0)).toBe(0);
  });

  it('when the container has another name by now', async () => {
    await using now = await ground.patient();
    const plan = restartPlan(aTarget('before-1'), { bound: { containers: [now.id] } });
    expect(await end({ plan }, aTarget('before-1'))).toMatchObject({
      outcome: 'not_applicable',
      reason: 'replaced',
      message: expect.stringContaining(`is called ${now.name}`),
    });
    expect(await ground.count(now, 'restart', 0)).toBe(0);
  });

  it('when a plan of an earlier version does not say which container it means', async () => {
    expect(await end({ unbound: true })).toMatchObject({
      outcome: 'expired',
      reason: 'not_bound',
      restarts: 0,
    });
  });

  it('when a step is on a target that no lease was granted for', async () => {
    expect(await end({ plan: restartPlan(aTarget('somebody-else')) })).toMatchObject({
      outcome: 'expired',
      restarts: 0,
    });
  });

  it('when the container is protected by now, whatever was decided', async () => {
    await using patient = await ground.patient({ labels: { 'hemostat.protect': 'true' } });
    const since = Date.now();
    const { remediation_id: id } = await approve(bus, { target: targetOf(patient) });
    expect(await finishedOf(bus, id)).toMatchObject({ outcome: 'failed', reached_docker: false });
    expect(await ground.count(patient, 'restart', since)).toBe(0);
  });

  it('for a decision that cannot be read: it ends among the dead letters, with the reason', async () => {
    const subject = decidedSubject(randomUUID(), 'local');
    const letters = bus.nc.subscribe(deadSubject('unreadable_decision'), { max: 1 });
    await publishStored(bus, subject, { verdict: 'approved', surprise: true });
    for await (const letter of letters) {
      expect(letter.json()).toMatchObject({ subject, message: expect.stringContaining('no decision') });
    }
  });

  it('when nobody can read the lease', async () => {
    await using patient = await ground.patient();
    const target = targetOf(patient);
    const since = Date.now();
    const poisoned = approve(bus, { target, afterLending: () => overwrite(targetKey(target)) });
    expect(await finishedOf(bus, (await poisoned).remediation_id)).toMatchObject({
      outcome: 'expired',
      reached_docker: false,
    });
    expect(await ground.count(patient, 'restart', since)).toBe(0);
  });

  it('when something that nobody can read stands where a step would be stated', async () => {
    await using patient = await ground.patient();
    const id = randomUUID();
    const since = Date.now();
    const letters = bus.nc.subscribe(deadSubject('unreadable_fact'), { max: 1 });
    await publishStored(bus, startedSubject(id, 1), { no: 'intent' });
    await approve(bus, { id, target: targetOf(patient) });
    for await (const letter of letters) {
      expect(letter.json()).toMatchObject({
        subject: decidedSubject(id, 'local'),
        message: expect.stringContaining(startedSubject(id, 1)),
      });
    }
    expect(await ground.count(patient, 'restart', since)).toBe(0);
  });

  it('when the action is not known here, and the intent says that nothing will be called', async () => {
    await using patient = await ground.patient();
    const target = targetOf(patient);
    const { outcome, id } = await end({ plan: restartPlan(target, { action: 'explode' }) }, target);
    expect(outcome).toBe('failed');
    expect((await ground.record(id))?.steps[0]?.started?.body.calls).toEqual([]);
  });
});

describe('without Docker', () => {
  it('the executor runs, says 503, fails what is approved without spending budget, and answers others', async () => {
    await using _executor = await start({ DOCKER_HOST: 'unix:///nowhere/docker.sock' });
    const ask = callRpc(
      bus,
      executorRpcSubject('local', 'resolve'),
      executorVerbs.resolve,
      { container: 'web' },
      { timeoutMs: 3_000 },
    );
    await expect(ask).rejects.toMatchObject({ code: 'docker_unavailable', status: 503 });
    const { remediation_id: id } = await approve(bus, { target: aTarget('web') });
    expect(await finishedOf(bus, id)).toMatchObject({
      outcome: 'failed',
      reached_docker: false,
      message: expect.stringContaining('Cannot connect to the Docker daemon'),
    });
  });
});
