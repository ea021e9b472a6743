import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Details } from '#libs/contracts/scalars';
import { startContainer, type TestContainer } from '#libs/testing/container';
import { testEngine } from '#libs/testing/docker-engine';
import { busyboxImage } from '#libs/testing/images';
import { type MeshGround, startMeshGround } from '#libs/testing/mesh-ground';
import { until } from '#libs/testing/until';

const { docker } = testEngine();
let ground: MeshGround;
let image: string;
beforeAll(async () => {
  [ground, image] = await Promise.all([
    startMeshGround({ env: { HEMOSTAT_VERIFY_TIMEOUT_SECONDS: '5' } }),
    busyboxImage(docker),
  ]);
}, 120_000);
afterAll(() => ground[Symbol.asyncDispose]());

async function ask(patient: TestContainer, action: string, more: object = {}): Promise<Details> {
  const { body } = await ground.post({ container: patient.name, action, ...more }, { prefer: 'wait=60' });
  return body;
}
const stateOf = async ({ container }: TestContainer) => (await container.inspect()).State;
const eventsOf = (patient: TestContainer, ...actions: readonly string[]): Promise<readonly number[]> =>
  Promise.all(actions.map((action) => ground.eventsOf(patient, action)));

/** Ends by SIGTERM at once, says that it stops on SIGQUIT, and is started again by Docker when it ends by itself. */
const returning = (): Promise<TestContainer> =>
  startContainer(docker, {
    image,
    cmd: ['sh', '-c', "trap 'exit 3' TERM; while :; do sleep 0.05; done"],
    create: { StopSignal: 'SIGQUIT' },
    hostConfig: { Init: false, RestartPolicy: { Name: 'always' } },
  });

describe('a container', () => {
  it('is stopped once and stays so; then start is let through the cooldown, and nothing else is', async () => {
    await using patient = await ground.patient();
    expect(await ask(patient, 'stop')).toMatchObject({
      outcome: 'recovered',
      message: 'Container stopped and exited',
    });
    expect(await stateOf(patient)).toMatchObject({ Status: 'exited' });
    expect(await eventsOf(patient, 'stop', 'start')).toEqual([1, 1]);
    expect(await ask(patient, 'restart')).toMatchObject({ reason: 'cooldown_active' });
    const started = await ask(patient, 'start');
    expect(started).toMatchObject({ outcome: 'recovered', message: 'Container started and running' });
    expect(started.gates).toContainEqual(
      expect.objectContaining({ gate: 'cooldown', pass: true, message: expect.stringContaining('takes') }),
    );
    expect(await stateOf(patient)).toMatchObject({ Status: 'running' });
    expect(await eventsOf(patient, 'stop', 'start')).toEqual([1, 2]);
  });

  it('is paused once and stays so, and goes on in the same run when it is unpaused', async () => {
    await using patient = await ground.patient();
    const { StartedAt } = await stateOf(patient);
    expect(await ask(patient, 'pause')).toMatchObject({ outcome: 'recovered' });
    expect(await stateOf(patient)).toMatchObject({ Status: 'paused' });
    expect(await ask(patient, 'unpause')).toMatchObject({ outcome: 'recovered' });
    expect(await stateOf(patient)).toMatchObject({ Status: 'running', StartedAt });
    expect(await eventsOf(patient, 'pause', 'unpause')).toEqual([1, 1]);
  });

  it('is killed once, by the signal that was named', async () => {
    for (const [params, exitCode] of [
      [{}, 137],
      [{ signal: 'SIGTERM' }, 143],
    ] as const) {
      await using patient = await ground.patient();
      expect(await ask(patient, 'kill', { params })).toMatchObject({ outcome: 'recovered' });
      expect(await stateOf(patient)).toMatchObject({ Status: 'exited', ExitCode: exitCode });
      expect(await eventsOf(patient, 'kill')).toEqual([1]);
    }
  });

  it('gets other limits without ending its run, and the old ones are told', async () => {
    await using patient = await ground.patient();
    const { StartedAt } = await stateOf(patient);
    const params = { memory_bytes: 67_108_864, cpus: 0.5, cpu_shares: 512, pids_limit: 100 };
    const preview = await ask(patient, 'update-resources', { params, dry_run: true });
    expect(JSON.stringify(preview)).toContain('\\"Memory\\":67108864,\\"MemorySwap\\":134217728');
    const answer = await ask(patient, 'update-resources', { params });
    expect(answer).toMatchObject({ outcome: 'recovered', message: 'Container updated and running' });
    expect(JSON.stringify(answer)).toContain('"resources_before":{"memory_bytes":null');
    expect((await patient.container.inspect()).HostConfig).toMatchObject({
      Memory: 67_108_864,
      NanoCpus: 500_000_000,
      CpuShares: 512,
      PidsLimit: 100,
    });
    expect(await stateOf(patient)).toMatchObject({ Status: 'running', StartedAt });
    expect(await eventsOf(patient, 'update')).toEqual([1]);
  });

  it('that is so already is left alone, said so, and no budget is spent', async () => {
    await using running = await ground.patient();
    await using paused = await ground.patient();
    await using exited = await ground.patient();
    await paused.container.pause();
    await exited.container.stop({ t: 0 });
    const all = ['start', 'stop', 'pause', 'unpause', 'kill'];
    const before = await Promise.all([running, paused, exited].map((each) => eventsOf(each, ...all)));
    for (const [patient, action, said] of [
      [running, 'start', 'runs already'],
      [running, 'unpause', 'is not paused'],
      [paused, 'pause', 'is paused already'],
      [paused, 'start', 'ask for unpause'],
      [exited, 'stop', 'does not run'],
      [exited, 'pause', 'does not run'],
      [exited, 'kill', 'nothing to kill'],
      [exited, 'unpause', 'ask for start'],
    ] as const) {
      expect(await ask(patient, action)).toMatchObject({
        outcome: 'not_applicable',
        message: expect.stringContaining(said),
      });
    }
    expect(await Promise.all([running, paused, exited].map((each) => eventsOf(each, ...all)))).toEqual(
      before,
    );
    expect(await ask(exited, 'start')).toMatchObject({ outcome: 'recovered' });
  });

  it('stays down after SIGKILL whatever its restart policy, and is not called stopped when the policy brings it back', async () => {
    await using killed = await returning();
    expect(await ask(killed, 'kill')).toMatchObject({ outcome: 'recovered' });
    expect(await stateOf(killed)).toMatchObject({ Status: 'exited', Running: false });
    await using back = await returning();
    const params = { signal: 'SIGTERM' };
    const preview = await ask(back, 'kill', { params, dry_run: true });
    expect(JSON.stringify(preview)).toContain('restart policy (always)');
    expect(await ask(back, 'kill', { params })).toMatchObject({ outcome: 'ineffective' });
    expect(await stateOf(back)).toMatchObject({ Running: true });
    expect(await eventsOf(back, 'kill')).toEqual([1]);
  });

  it('that crashes again after its restart is told with the exit code of its crash, not with the 0 of a run', async () => {
    await using patient = await startContainer(docker, {
      image,
      cmd: ['sh', '-c', 'sleep 0.1; exit 7'],
      hostConfig: { RestartPolicy: { Name: 'always' } },
    });
    expect(await ask(patient, 'restart')).toMatchObject({
      outcome: 'ineffective',
      message: expect.stringContaining(
        'crash-looping: it ended 3 times while it was watched with exit code 7.',
      ),
    });
  });

  it('is not asked for what no action takes', async () => {
    await using patient = await ground.patient();
    for (const [action, params] of [
      ['kill', { signal: 'SIGHUP' }],
      ['update-resources', {}],
      ['update-resources', { memory_bytes: 1 }],
      ['stop', { t: 0 }],
    ] as const) {
      expect(await ask(patient, action, { params })).toMatchObject({ status: 400 });
    }
    expect(await eventsOf(patient, 'kill', 'stop', 'update')).toEqual([0, 0, 0]);
  });
});

describe('an executor that is killed in the middle of a stop', () => {
  it('has acted: another one sees the container down, and does not act again', async () => {
    await using patient = await ground.patient({
      cmd: ['sh', '-c', "trap '' TERM; while :; do sleep 0.1; done"],
      stopTimeout: 3,
    });
    const { body } = await ground.post({ container: patient.name, action: 'stop' });
    const id = String(body.remediation_id);
    await until('it stops', async () => (await ground.eventsOf(patient, 'kill')) > 0 || undefined);
    await ground.mesh.of('executor').at(-1)?.kill9();
    await ground.mesh.start('executor');
    const outcome = await until(
      'complete',
      async () => (await ground.record(id))?.complete?.body.outcome,
      30_000,
    );
    expect(outcome).toBe('recovered');
    expect((await ground.record(id))?.steps[0]?.executed?.body).toMatchObject({
      status: 'success',
      observed: true,
      result: { details: 'Container stopped', exit_code: 137 },
    });
    expect(await eventsOf(patient, 'stop', 'die')).toEqual([1, 1]);
  }, 60_000);
});
