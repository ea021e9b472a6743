import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, describe, expect, it } from 'vitest';
import { readStep } from '#libs/bus/remediation-record';
import type { Approved } from '#libs/contracts/facts';
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

/** An executor in a process of its own. */
async function startProcess(): Promise<ChildProcess & AsyncDisposable> {
  const child = spawn(process.execPath, ['services/executor/main.ts'], {
    env: { ...process.env, ...env, LOG_LEVEL: 'INFO' },
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

describe('an executor that is killed', () => {
  it('before it began leaves the whole step to the next one', async () => {
    await using _verifier = await playVerifier(bus);
    await using patient = await ground.patient();
    const since = Date.now();
    await using first = await startProcess();
    first.kill('SIGSTOP');
    const approved = await approve(bus, { target: targetOf(patient) });
    await killed(first, 'SIGKILL');
    await using _second = await start();
    expect(await finishedOf(bus, approved.remediation_id)).toMatchObject({ outcome: 'recovered' });
    expect(await ground.count(patient, 'restart', since)).toBe(1);
  });

  it('in the middle of the call has acted: the next one sees it and does not act again', async () => {
    await using _verifier = await playVerifier(bus);
    await using patient = await ground.patient(stubborn);
    const since = Date.now();
    await using first = await startProcess();
    const approved = await approve(bus, { target: targetOf(patient) });
    await until(
      'the engine stops it',
      async () => (await ground.count(patient, 'kill', since)) > 0 || undefined,
    );
    await killed(first, 'SIGKILL');
    await using _second = await start();
    expect(await finishedOf(bus, approved.remediation_id)).toMatchObject({
      outcome: 'recovered',
      message: 'Container restarted and running',
    });
    expect((await stepOf(approved)).executed?.body).toMatchObject({ status: 'success', observed: true });
    expect(await ground.count(patient, 'restart', since)).toBe(1);
  });

  it('after the call leaves the verification to the next one', async () => {
    let sure = false;
    await using _verifier = await playVerifier(bus, () => (sure ? {} : { verdict: 'pending' }));
    await using patient = await ground.patient();
    const since = Date.now();
    await using first = await startProcess();
    const approved = await approve(bus, { target: targetOf(patient) });
    await until('it has acted', async () => (await stepOf(approved)).executed);
    await killed(first, 'SIGKILL');
    sure = true;
    await using _second = await start();
    expect(await finishedOf(bus, approved.remediation_id)).toMatchObject({ outcome: 'recovered' });
    expect(await ground.count(patient, 'restart', since)).toBe(1);
  });

  it('politely ends at once, and the next one goes on without waiting', async () => {
    let sure = false;
    await using _verifier = await playVerifier(bus, () => (sure ? {} : { verdict: 'pending' }));
    await using patient = await ground.patient();
    const since = Date.now();
    await using first = await startProcess();
    const approved = await approve(bus, { target: targetOf(patient) });
    await until('it has acted', async () => (await stepOf(approved)).executed);
    expect(await killed(first, 'SIGTERM')).toBe(0);
    sure = true;
    await using _second = await start();
    expect(await finishedOf(bus, approved.remediation_id, 3_000)).toMatchObject({
      outcome: 'recovered',
    });
    expect(await ground.count(patient, 'restart', since)).toBe(1);
  });
});
