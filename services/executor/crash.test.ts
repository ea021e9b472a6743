import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stateFact } from '#libs/bus/fact';
import { openService, type ServiceContext } from '#libs/bus/open-service';
import { readStep } from '#libs/bus/remediation-record';
import { type Approved, startedSchema } from '#libs/contracts/facts';
import { startedSubject } from '#libs/contracts/subjects';
import type { Target } from '#libs/contracts/target';
import { toInstant } from '#libs/runtime/instant';
import { type ContainerOptions, startContainer, type TestContainer } from '#libs/testing/container';
import { countEvents } from '#libs/testing/container-events';
import { startOwnEngine, testEngine } from '#libs/testing/docker-engine';
import { aTarget } from '#libs/testing/examples';
import { busyboxImage } from '#libs/testing/images';
import { type NatsServer, startNatsServer } from '#libs/testing/nats-server';
import { approve, finishedOf } from '#libs/testing/played-safety';
import { playVerifier } from '#libs/testing/played-verifier';
import { until } from '#libs/testing/until';
import { startExecutor } from './service.ts';

const { docker, dockerHost } = testEngine();
const stop = new AbortController();
let server: NatsServer;
let context: ServiceContext;
let image: string;

const env = (host = dockerHost) => ({
  NATS_URL: server.url,
  LOG_LEVEL: 'silent',
  DOCKER_HOST: host,
  HEMOSTAT_EXECUTOR_SLOTS: '4',
});
const startReplica = (host?: string) => startExecutor({ env: env(host), signal: stop.signal });
const patientOf = (options: Partial<ContainerOptions> = {}) =>
  startContainer(docker, { image, cmd: ['sleep', '1000'], ...options });
/** Takes three seconds to restart, whatever is done. */
const stubborn = {
  cmd: ['sh', '-c', "trap '' TERM; while :; do sleep 0.1; done"],
  create: { StopTimeout: 3 },
};
const targetOf = ({ name }: TestContainer): Target => aTarget(name);
const count = (patient: TestContainer, action: string, since: number) =>
  countEvents(docker, { container: patient.id, action, since });
const stepOf = ({ remediation_id: id }: Approved) => readStep(context.bus, id, 1);

/** An executor in a process of its own. */
async function startProcess(): Promise<ChildProcess & AsyncDisposable> {
  const child = spawn(process.execPath, ['services/executor/main.ts'], {
    env: { ...process.env, ...env(), LOG_LEVEL: 'INFO' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (bytes) => {
    said += String(bytes);
  });
  await until('it has started', () => said.includes('"msg":"Started"') || undefined);
  const end = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) await killed(child, 'SIGKILL');
  };
  return Object.assign(child, { [Symbol.asyncDispose]: end });
}

async function killed(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  const exit = once(child, 'exit');
  child.kill(signal);
  return (await exit)[0];
}

beforeAll(async () => {
  [server, image] = await Promise.all([startNatsServer(), busyboxImage(docker)]);
  context = await openService('test', { env: env(), signal: stop.signal });
});
afterAll(async () => {
  stop.abort();
  await context[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

describe('an executor that is killed', () => {
  it('before it began leaves the whole step to the next one', async () => {
    await using _verifier = await playVerifier(context.bus);
    await using patient = await patientOf();
    const since = Date.now();
    await using first = await startProcess();
    first.kill('SIGSTOP');
    const approved = await approve(context.bus, { target: targetOf(patient) });
    await killed(first, 'SIGKILL');
    await using _second = await startReplica();
    expect(await finishedOf(context.bus, approved.remediation_id)).toMatchObject({ outcome: 'recovered' });
    expect(await count(patient, 'restart', since)).toBe(1);
  });

  it('in the middle of the call has acted: the next one sees it and does not act again', async () => {
    await using _verifier = await playVerifier(context.bus);
    await using patient = await patientOf(stubborn);
    const since = Date.now();
    await using first = await startProcess();
    const approved = await approve(context.bus, { target: targetOf(patient) });
    await until('the engine stops it', async () => (await count(patient, 'kill', since)) > 0 || undefined);
    await killed(first, 'SIGKILL');
    await using _second = await startReplica();
    expect(await finishedOf(context.bus, approved.remediation_id)).toMatchObject({
      outcome: 'recovered',
      message: 'Container restarted and running',
    });
    expect((await stepOf(approved)).executed?.body).toMatchObject({ status: 'success', observed: true });
    expect(await count(patient, 'restart', since)).toBe(1);
  });

  it('after the call leaves the verification to the next one', async () => {
    let sure = false;
    await using _verifier = await playVerifier(context.bus, () => (sure ? {} : { verdict: 'pending' }));
    await using patient = await patientOf();
    const since = Date.now();
    await using first = await startProcess();
    const approved = await approve(context.bus, { target: targetOf(patient) });
    await until('it has acted', async () => (await stepOf(approved)).executed);
    await killed(first, 'SIGKILL');
    sure = true;
    await using _second = await startReplica();
    expect(await finishedOf(context.bus, approved.remediation_id)).toMatchObject({ outcome: 'recovered' });
    expect(await count(patient, 'restart', since)).toBe(1);
  });

  it('politely ends at once, and the next one goes on without waiting', async () => {
    let sure = false;
    await using _verifier = await playVerifier(context.bus, () => (sure ? {} : { verdict: 'pending' }));
    await using patient = await patientOf();
    const since = Date.now();
    await using first = await startProcess();
    const approved = await approve(context.bus, { target: targetOf(patient) });
    await until('it has acted', async () => (await stepOf(approved)).executed);
    expect(await killed(first, 'SIGTERM')).toBe(0);
    sure = true;
    await using _second = await startReplica();
    expect(await finishedOf(context.bus, approved.remediation_id, 3_000)).toMatchObject({
      outcome: 'recovered',
    });
    expect(await count(patient, 'restart', since)).toBe(1);
  });
});

describe('a step that somebody claimed who is no more', () => {
  /** States the intent of a process that died right after it. */
  async function claim(patient: TestContainer, approved: Approved): Promise<void> {
    const { State } = await patient.container.inspect();
    const { remediation_id: id } = approved;
    await stateFact(context.bus, startedSubject(id, 1), startedSchema, {
      type: 'started',
      remediation_id: id,
      at: toInstant(Date.now() - 60_000),
      n: 1,
      action: 'restart',
      target: targetOf(patient),
      evidence: { container_id: patient.id, started_at: State.StartedAt, finished_at: null },
      settle_seconds: 15,
      calls: [`POST /containers/${patient.id}/restart?t=10`],
    });
  }

  it('and that left no trace is unknown, looked at, and never done by another', async () => {
    await using _verifier = await playVerifier(context.bus, () => ({ verdict: 'unhealthy' }));
    await using patient = await patientOf();
    const since = Date.now();
    const approved = await approve(context.bus, { target: targetOf(patient) });
    await claim(patient, approved);
    await using _executor = await startReplica();
    expect(await finishedOf(context.bus, approved.remediation_id)).toMatchObject({
      outcome: 'unknown',
      reached_docker: true,
      execution_log: [{ status: 'unknown', verdict: 'unhealthy' }],
    });
    expect(await count(patient, 'restart', since)).toBe(0);
  });

  it('and that stopped the patient but did not start it has failed', async () => {
    await using patient = await patientOf();
    const since = Date.now();
    const approved = await approve(context.bus, { target: targetOf(patient) });
    await claim(patient, approved);
    await patient.container.stop({ t: 0 });
    await using _executor = await startReplica();
    expect(await finishedOf(context.bus, approved.remediation_id)).toMatchObject({
      outcome: 'failed',
      reached_docker: true,
      message: expect.stringContaining('stopped and not started again'),
    });
    expect(await count(patient, 'restart', since)).toBe(0);
  });
});

describe('a call without an answer', () => {
  it('whose connection broke is looked for, and found when it happened', async (test) => {
    if (!dockerHost.startsWith('unix://')) return test.skip();
    await using _verifier = await playVerifier(context.bus);
    await using proxy = await cuttingProxy();
    await using patient = await patientOf(stubborn);
    const since = Date.now();
    await using _executor = await startReplica(proxy.dockerHost);
    const approved = await approve(context.bus, { target: targetOf(patient) });
    expect(await finishedOf(context.bus, approved.remediation_id)).toMatchObject({ outcome: 'recovered' });
    expect((await stepOf(approved)).executed?.body).toMatchObject({ status: 'success', observed: true });
    expect(await count(patient, 'restart', since)).toBe(1);
  });

  it('because the engine was killed in the middle is told as half done, and all goes on with the engine', async (test) => {
    const engine = await startOwnEngine();
    if (!engine) return test.skip();
    await using _engine = engine;
    await using _verifier = await playVerifier(context.bus);
    const own = await busyboxImage(engine.docker);
    const patient = await startContainer(engine.docker, { image: own, ...stubborn });
    await using _executor = await startReplica(engine.dockerHost);
    const approved = await approve(context.bus, { target: targetOf(patient) });
    await until('it has begun', async () => (await stepOf(approved)).started);
    const since = Date.now() - 1_000;
    await until('the engine stops it', async () => {
      const kills = await countEvents(engine.docker, { container: patient.id, action: 'kill', since });
      return kills > 0 || undefined;
    });
    await engine.kill9();
    await engine.restart();
    expect(await finishedOf(context.bus, approved.remediation_id, 30_000)).toMatchObject({
      outcome: 'failed',
      reached_docker: true,
      message: expect.stringContaining('stopped and not started again'),
    });
    const again = await approve(context.bus, { target: targetOf(patient) });
    expect(await finishedOf(context.bus, again.remediation_id)).toMatchObject({ outcome: 'recovered' });
  });
});

/** Stands before the engine, and hangs up on whoever asks for a restart as soon as the engine has heard of it. */
async function cuttingProxy(): Promise<AsyncDisposable & { readonly dockerHost: string }> {
  const path = join(tmpdir(), `hemostat-test-cut-${process.pid}.sock`);
  const proxy = createServer((client) => {
    const engine = connect(dockerHost.replace('unix://', ''));
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
