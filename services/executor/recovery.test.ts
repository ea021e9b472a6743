import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { stateFact } from '#libs/bus/fact';
import { readStep } from '#libs/bus/remediation-record';
import { type Approved, startedSchema } from '#libs/contracts/facts';
import { startedSubject } from '#libs/contracts/subjects';
import { toInstant } from '#libs/runtime/instant';
import { startContainer, type TestContainer } from '#libs/testing/container';
import { countEvents } from '#libs/testing/container-events';
import { startOwnEngine } from '#libs/testing/docker-engine';
import { busyboxImage } from '#libs/testing/images';
import { approve, finishedOf } from '#libs/testing/played-safety';
import { playVerifier } from '#libs/testing/played-verifier';
import { startServiceGround, targetOf } from '#libs/testing/service-ground';
import { until } from '#libs/testing/until';
import { startExecutor } from './service.ts';

const ground = await startServiceGround();
const { bus } = ground.context;
const env = { ...ground.env, HEMOSTAT_EXECUTOR_SLOTS: '4' };
const start = (more: NodeJS.ProcessEnv = {}) =>
  startExecutor({ env: { ...env, ...more }, signal: ground.signal });
const stepOf = ({ remediation_id: id }: Approved) => readStep(bus, id, 1);
afterAll(() => ground[Symbol.asyncDispose]());

/** Takes three seconds to restart, whatever is done. */
const stubborn = {
  cmd: ['sh', '-c', "trap '' TERM; while :; do sleep 0.1; done"],
  create: { StopTimeout: 3 },
};

describe('a step that somebody claimed who is no more', () => {
  /** States the intent of a process that died right after it. */
  async function claim(patient: TestContainer, approved: Approved, settleSeconds = 15): Promise<void> {
    const { State } = await patient.container.inspect();
    const { remediation_id: id } = approved;
    await stateFact(bus, startedSubject(id, 1), startedSchema, {
      type: 'started',
      remediation_id: id,
      at: toInstant(Date.now() - 60_000),
      n: 1,
      action: 'restart',
      target: targetOf(patient),
      evidence: { container_id: patient.id, started_at: State.StartedAt, finished_at: null },
      settle_seconds: settleSeconds,
      calls: [`POST /containers/${patient.id}/restart?t=10`],
    });
  }

  it('and that left no trace is unknown, looked at, and never done by another', async () => {
    await using _verifier = await playVerifier(bus, () => ({ verdict: 'unhealthy' }));
    await using patient = await ground.patient();
    const since = Date.now();
    const approved = await approve(bus, { target: targetOf(patient) });
    await claim(patient, approved);
    await using _executor = await start();
    expect(await finishedOf(bus, approved.remediation_id)).toMatchObject({
      outcome: 'unknown',
      reached_docker: true,
      execution_log: [{ status: 'unknown', verdict: 'unhealthy' }],
    });
    expect(await ground.count(patient, 'restart', since)).toBe(0);
  });

  it('and that stopped the patient but did not start it has failed', async () => {
    await using patient = await ground.patient();
    const since = Date.now();
    const approved = await approve(bus, { target: targetOf(patient) });
    await claim(patient, approved, 2);
    await patient.container.stop({ t: 0 });
    await using _executor = await start({ ACTION_TIMEOUT_SECONDS: '1' });
    expect(await finishedOf(bus, approved.remediation_id)).toMatchObject({
      outcome: 'failed',
      reached_docker: true,
      message: expect.stringContaining('stopped and not started again'),
    });
    expect(await ground.count(patient, 'restart', since)).toBe(0);
  });
});

describe('a call without an answer', () => {
  it('whose connection broke is looked for, and found when it happened', async (test) => {
    if (!ground.dockerHost.startsWith('unix://')) return test.skip();
    await using _verifier = await playVerifier(bus);
    await using proxy = await cuttingProxy();
    await using patient = await ground.patient(stubborn);
    const since = Date.now();
    await using _executor = await start({ DOCKER_HOST: proxy.dockerHost });
    const approved = await approve(bus, { target: targetOf(patient) });
    expect(await finishedOf(bus, approved.remediation_id)).toMatchObject({ outcome: 'recovered' });
    expect((await stepOf(approved)).executed?.body).toMatchObject({ status: 'success', observed: true });
    expect(await ground.count(patient, 'restart', since)).toBe(1);
  });

  it('because the engine was killed in the middle is told as half done, and all goes on with the engine', async (test) => {
    const engine = await startOwnEngine();
    if (!engine) return test.skip();
    await using _engine = engine;
    await using _verifier = await playVerifier(bus);
    const own = await busyboxImage(engine.docker);
    const patient = await startContainer(engine.docker, { image: own, ...stubborn });
    const env = { DOCKER_HOST: engine.dockerHost, ACTION_TIMEOUT_SECONDS: '3' };
    await using _executor = await start(env);
    const approved = await approve(bus, { target: targetOf(patient), docker: engine.docker });
    await until('it has begun', async () => (await stepOf(approved)).started);
    const since = Date.now() - 1_000;
    await until('the engine stops it', async () => {
      const kills = await countEvents(engine.docker, { container: patient.id, action: 'kill', since });
      return kills > 0 || undefined;
    });
    await engine.kill9();
    await engine.restart();
    expect(await finishedOf(bus, approved.remediation_id, 50_000)).toMatchObject({
      outcome: 'failed',
      reached_docker: true,
      message: expect.stringContaining('stopped and not started again'),
    });
    const again = await approve(bus, { target: targetOf(patient), docker: engine.docker });
    expect(await finishedOf(bus, again.remediation_id)).toMatchObject({ outcome: 'recovered' });
  });
});

/** Stands before the engine, and hangs up on whoever asks for a restart as soon as the engine has heard of it. */
async function cuttingProxy(): Promise<AsyncDisposable & { readonly dockerHost: string }> {
  const path = join(tmpdir(), `hemostat-test-cut-${process.pid}.sock`);
  const proxy = createServer((client) => {
    const engine = connect(ground.dockerHost.replace('unix://', ''));
    engine.on('error', () => client.destroy());
    client.on('error', () => engine.destroy());
    client.on('close', () => setImmediate(() => engine.end()));
    engine.pipe(client);
    client.on('data', (bytes) => {
      engine.write(bytes, () => {
        if (bytes.includes('/restart?')) client.destroy();
      });
    });
  });
  proxy.listen(path);
  await once(proxy, 'listening');
  return {
    dockerHost: `unix://${path}`,
    [Symbol.asyncDispose]: async () => {
      proxy.close();
      await once(proxy, 'close');
    },
  };
}
