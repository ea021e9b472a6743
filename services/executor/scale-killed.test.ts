import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, describe, expect, it } from 'vitest';
import { readFact } from '#libs/bus/fact';
import { readStep } from '#libs/bus/remediation-record';
import { finishedSchema } from '#libs/contracts/facts';
import type { Details } from '#libs/contracts/scalars';
import { finishedSubject } from '#libs/contracts/subjects';
import type { Target } from '#libs/contracts/target';
import { type ComposeProject, composeProject } from '#libs/testing/compose-project';
import { startDockerRelay } from '#libs/testing/docker-relay';
import { approve } from '#libs/testing/played-safety';
import { playVerifier } from '#libs/testing/played-verifier';
import { restartPlan, startServiceGround } from '#libs/testing/service-ground';
import { until } from '#libs/testing/until';
import { startExecutor } from './service.ts';

const ground = await startServiceGround();
const { bus } = ground.context;
const env = { ...ground.env, HEMOSTAT_EXECUTOR_SLOTS: '4' };
afterAll(() => ground[Symbol.asyncDispose]());

async function startProcess(dockerHost: string): Promise<ChildProcess & AsyncDisposable> {
  const child = spawn(process.execPath, ['services/executor/main.ts'], {
    env: { ...process.env, ...env, DOCKER_HOST: dockerHost, LOG_LEVEL: 'INFO' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (bytes) => {
    said += String(bytes);
  });
  const started = until('it has started', () => said.includes('"msg":"Started"') || undefined, 30_000);
  await started.catch(async (error: unknown) => {
    await kill(child);
    throw error;
  });
  return Object.assign(child, { [Symbol.asyncDispose]: () => kill(child) });
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

type Death = { readonly at: (method: string, path: string) => boolean; readonly passed: boolean };

/** Scales; the executor is killed at a call, before or after the engine heard of it, and another one takes over. */
async function scaleAndDie(compose: ComposeProject, action: string, params: Details, death: Death) {
  await using _verifier = await playVerifier(bus);
  await using relay = await startDockerRelay();
  await using first = await startProcess(relay.dockerHost);
  let died = false;
  relay.before = async (method, path) => {
    if (died || !death.at(method, path)) return;
    died = true;
    // What is passed on arrives although nobody waits for the answer any more.
    if (death.passed) setImmediate(() => void kill(first));
    else {
      await kill(first);
      await new Promise(() => {});
    }
  };
  const target: Target = { engine: 'local', kind: 'compose', name: `${compose.project}/api` };
  const plan = restartPlan(target, { action, params });
  const { remediation_id: id } = await approve(bus, { target, plan });
  await until('it died', () => died || undefined);
  await using _second = await startExecutor({ env, signal: ground.signal });
  const end = await until(
    'it has finished',
    async () => (await readFact(bus, finishedSubject(id), finishedSchema))?.body,
    60_000,
  );
  return { end, step: await readStep(bus, id, 1) };
}

const starts = (method: string, path: string) => method === 'POST' && /\/start\??$/.test(path);
const nthStart = (n: number) => {
  let seen = 0;
  return (method: string, path: string) => starts(method, path) && ++seen === n;
};

describe('an executor that is killed while it scales a Compose service', () => {
  it('between creation and start leaves it half done: said so, and nothing is made again', async () => {
    await using compose = composeProject();
    await compose.sibling('api', 1);
    const { end, step } = await scaleAndDie(compose, 'scale_up', {}, { at: starts, passed: false });
    const clone = `${compose.project}-api-2`;
    expect(end).toMatchObject({
      outcome: 'failed',
      reached_docker: true,
      message: expect.stringContaining(`Not started: ${clone}; ask for start, or remove it`),
    });
    expect(step.started?.body.evidence).toMatchObject({ clones: [clone] });
    expect(await compose.containers('api')).toEqual([`${compose.project}-api-1`, clone]);
    expect((await compose.inspect(clone)).State.Status).toBe('created');
  }, 90_000);

  it('in the middle of several leaves those that stand, and tells how many', async () => {
    await using compose = composeProject();
    await compose.sibling('api', 1);
    const death = { at: nthStart(2), passed: false };
    const { end } = await scaleAndDie(compose, 'scale_up', { replicas: 4 }, death);
    expect(end).toMatchObject({
      outcome: 'failed',
      message: expect.stringContaining('of 3 new containers 2 were created and 1 started'),
    });
    expect(await compose.containers('api')).toHaveLength(3);
  }, 90_000);

  it('after the last call has done all: another one reads that, and makes no second one', async () => {
    await using compose = composeProject();
    await compose.sibling('api', 1);
    const { end, step } = await scaleAndDie(compose, 'scale_up', {}, { at: starts, passed: true });
    expect(end).toMatchObject({ outcome: 'recovered' });
    expect(step.executed?.body).toMatchObject({
      status: 'success',
      result: { previous_replicas: 1, new_replicas: 2 },
    });
    expect(await compose.containers('api')).toHaveLength(2);
  }, 90_000);
});
