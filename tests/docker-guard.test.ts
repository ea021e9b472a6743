import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ContainerAction, EngineAction, Prepared } from '#libs/actions/action';
import { actions } from '#libs/actions/catalogue';
import { builtInCommands } from '#libs/actions/exec/commands';
import type { Step } from '#libs/contracts/plan';
import type { Details } from '#libs/contracts/scalars';
import { type Target, targetId } from '#libs/contracts/target';
import { systemClock } from '#libs/runtime/clock';
import { readConfig } from '#libs/runtime/config';
import { createHealth } from '#libs/runtime/health';
import { createLog } from '#libs/runtime/log';
import { boundTo, going } from '#libs/testing/bound-plan';
import { composeProject } from '#libs/testing/compose-project';
import { startContainer } from '#libs/testing/container';
import { testEngine } from '#libs/testing/docker-engine';
import { testLabel, testRun } from '#libs/testing/docker-engine-labels';
import { decisionFor, type GuardGround, startGuard } from '#libs/testing/guard-ground';
import { busyboxImage } from '#libs/testing/images';
import { type MeshGround, startMeshGround } from '#libs/testing/mesh-ground';
import { approve, finishedOf } from '#libs/testing/played-safety';
import { playVerifier } from '#libs/testing/played-verifier';
import { restartPlan, startServiceGround, targetOf } from '#libs/testing/service-ground';
import { startSwarm } from '#libs/testing/swarm-ground';
import { executorSettingsSchema } from '../services/executor/config.ts';
import { type DockerEngine, openEngine } from '../services/executor/docker/docker-engine.ts';
import { openInventory } from '../services/executor/inventory/inventory.ts';
import { patientOf, surveyed } from '../services/executor/patient.ts';
import { startExecutor } from '../services/executor/service.ts';
import { sightOf } from '../services/executor/sight.ts';
import type { EngineView } from '../services/executor/view.ts';

const { docker } = testEngine();
const log = createLog({ service: 'test', level: 'silent', format: 'json' });
const done = new Set<string>();

/** The executor's own sight of Docker, through a guard. */
async function seeThrough(dockerHost: string): Promise<EngineView & AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const engine = stack.use(openEngine(readConfig(executorSettingsSchema, { DOCKER_HOST: dockerHost })));
  const options = { engineName: 'local', engine, clock: systemClock, log, health: createHealth() };
  const inventory = stack.use(openInventory({ ...options, protection: { names: [], ownId: '' } }));
  const owned = stack.move();
  const rules = { commands: builtInCommands };
  const maintenance = async () => [];
  return { engine, inventory, rules, maintenance, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** The engine as the fence hands it to an action, under a decision that names what the calls are about. */
function decided({ engine }: EngineView, by: string, { calls, evidence }: Prepared, id = randomUUID()) {
  const ids = (kind: string) => calls.flatMap(({ path }) => (path[0] === kind ? (path[1] ?? []) : []));
  const containers = [...ids('containers'), String(evidence.sibling_id)].filter((each) =>
    /^[0-9a-f]{64}$/.test(each),
  );
  const [service] = ids('services');
  const decision = decisionFor(
    {
      containers,
      images: ids('images'),
      volumes: ids('volumes'),
      ...(service ? { service: { id: service, version: Number(calls[0]?.query?.version) } } : {}),
    },
    { id, by: [by] },
  );
  return {
    call: (...[call, signal]: Parameters<typeof engine.call>) => engine.call(call, signal, decision),
    exec: (...[order, signal]: Parameters<typeof engine.exec>) => engine.exec(order, signal, decision),
  };
}

async function act(
  view: EngineView,
  name: string,
  target: Target,
  params: Details = {},
  on = docker,
): Promise<Details> {
  const action = actions.find(
    (each): each is ContainerAction => each.name === name && each.on === 'container',
  );
  const bound = going({ action: name, target, params }, await boundTo(on, target));
  const patient = action && (await patientOf(view, { target, bound }, action));
  if (!action || !patient || 'kind' in patient) throw new Error(`no ${name} of ${targetId(target)}`);
  const id = randomUUID();
  const given = action.params.parse(params);
  const known = await surveyed(view, action, { ...patient, remediation_id: id }, given);
  const prepared = action.prepare(known, given, view.rules);
  if (prepared.kind !== 'ready') throw new Error(prepared.message);
  done.add(name);
  const ports = { engine: decided(view, name, prepared, id), reader: view.engine };
  return action.run(ports, known, prepared, AbortSignal.timeout(30_000));
}
const container = (name: string): Target => ({ engine: 'local', kind: 'container', name });

describe('through the guard the executor', () => {
  let guard: GuardGround;
  let view: EngineView & AsyncDisposable;
  let image: string;
  beforeAll(async () => {
    [guard, image] = await Promise.all([startGuard(), busyboxImage(docker)]);
    view = await seeThrough(guard.dockerHost);
  });
  afterAll(async () => {
    await view[Symbol.asyncDispose]();
    await guard[Symbol.asyncDispose]();
  });
  const patient = (labels: Record<string, string> = {}) =>
    startContainer(docker, { image, cmd: ['sleep', '100000'], labels });

  it('does to a container what the catalogue can do, and reads its log', async () => {
    await using one = await patient();
    const target = container(one.name);
    const state = async () => (await one.container.inspect()).State;
    const { StartedAt } = await state();
    await act(view, 'restart', target);
    expect((await state()).StartedAt).not.toBe(StartedAt);
    await act(view, 'pause', target);
    expect((await state()).Status).toBe('paused');
    await act(view, 'unpause', target);
    await act(view, 'update-resources', target, { memory_bytes: 64 * 1_024 ** 2, cpus: 0.5 });
    expect((await one.container.inspect()).HostConfig).toMatchObject({
      Memory: 64 * 1_024 ** 2,
      NanoCpus: 5e8,
    });
    await act(view, 'kill', target, { signal: 'SIGTERM' });
    await one.container.wait();
    await act(view, 'start', target);
    expect((await view.engine.logs(one.id, AbortSignal.timeout(5_000))).cut).toBe(false);
    await act(view, 'stop', target);
    expect((await state()).Status).toBe('exited');
  });

  it('runs a command, and kills one that does not end', async () => {
    await using one = await startContainer(docker, {
      image,
      cmd: [
        'sh',
        '-c',
        'printf "#!/bin/sh\\nexec sleep 4711\\n" > /tmp/uptime; chmod +x /tmp/uptime; exec sleep 100000',
      ],
      env: { PATH: '/tmp:/bin' },
    });
    const target = container(one.name);
    expect(await act(view, 'exec', target, { command: 'ps -o args' })).toMatchObject({ exit_code: 0 });
    const late = act(view, 'exec', target, { command: 'uptime', timeout_seconds: 1 });
    await expect(late).rejects.toMatchObject({ code: 'timed_out', result: { killed: true } });
    const { Processes } = await one.container.top();
    expect(Processes.map((row: readonly string[]) => row.at(-1))).not.toContain('sleep 4711');
  });

  it('scales a Compose service up, in two networks, and down again', async () => {
    await using compose = composeProject();
    const Name = `${compose.project}_back`;
    const network = await docker.createNetwork({
      Name,
      Labels: { 'com.docker.compose.project': compose.project },
    });
    const sibling = await compose.sibling('api', 1, {
      env: { SECRET: 'x' },
      create: { Volumes: { '/anonymous': {} } },
    });
    await network.connect({ Container: sibling.id, EndpointConfig: { Aliases: ['api'] } });
    const target: Target = { engine: 'local', kind: 'compose', name: `${compose.project}/api` };
    await act(view, 'scale_up', target, { replicas: 2 });
    const clone = await compose.inspect(`${compose.project}-api-2`);
    expect(clone.State.Running).toBe(true);
    expect(Object.keys(clone.NetworkSettings.Networks)).toContain(Name);
    expect(clone.Config.Env).toContain('SECRET=x');
    await act(view, 'scale_down', target);
    expect(await compose.containers('api')).toEqual([`${compose.project}-api-1`]);
  });

  it('removes again a clone that cannot be started', async () => {
    await using compose = composeProject();
    await compose.sibling('api', 1);
    const target: Target = { engine: 'local', kind: 'compose', name: `${compose.project}/api` };
    const broken: DockerEngine = {
      ...view.engine,
      call: (call, ...further) =>
        call.path[2] === 'start'
          ? view.engine.call({ ...call, path: ['containers', 'f'.repeat(64), 'start'] }, ...further)
          : view.engine.call(call, ...further),
    };
    await expect(act({ ...view, engine: broken }, 'scale_up', target)).rejects.toThrow('was removed again');
    expect(await compose.containers('api')).toEqual([`${compose.project}-api-1`]);
  });

  it('cleans up a project: a container, an unnamed image, a volume that is named', async () => {
    await using compose = composeProject();
    const labels = { 'com.docker.compose.project': compose.project, [testLabel]: testRun };
    const ended = await compose.sibling('job', 1, { cmd: ['true'] });
    await ended.container.wait();
    const { Id: unnamed } = await ended.container.commit({
      changes: Object.entries(labels)
        .map(([key, value]) => `LABEL ${key}=${value}`)
        .join('\n'),
    });
    const volume = `${compose.project}_data`;
    await docker.createVolume({ Name: volume, Labels: labels });
    const cleanup = actions.find(
      (each): each is EngineAction => each.name === 'cleanup' && each.on === 'engine',
    );
    if (!cleanup) throw new Error('no cleanup');
    const params = cleanup.params.parse({ project: compose.project, min_age_seconds: 0, volumes: [volume] });
    const prepared = cleanup.prepare(params, await cleanup.survey(sightOf(view, 'cleanup'), params));
    if (prepared.kind !== 'ready') throw new Error(prepared.message);
    const { result } = await cleanup.run(
      { engine: decided(view, 'cleanup', prepared) },
      prepared,
      AbortSignal.timeout(30_000),
    );
    done.add('cleanup');
    expect(JSON.stringify(result.items)).toContain('removed');
    expect(await compose.containers('job')).toEqual([]);
    await expect(docker.getImage(unnamed).inspect()).rejects.toMatchObject({ statusCode: 404 });
    await expect(docker.getVolume(volume).inspect()).rejects.toMatchObject({ statusCode: 404 });
  });

  it('restarts and scales a Swarm service', async ({ skip }) => {
    await using swarm = await startSwarm();
    if (!swarm) return skip('no Swarm can be had here');
    await using swarmGuard = await startGuard({}, swarm);
    await using manager = await seeThrough(swarmGuard.dockerHost);
    const name = await swarm.service({ containerLabels: { 'hemostat.max-replicas': '3' } });
    const target: Target = { engine: 'local', kind: 'swarm', name };
    await act(manager, 'restart', target, {}, swarm.docker);
    await act(manager, 'scale_up', target, { replicas: 2 }, swarm.docker);
    expect((await swarm.inspect(name)).Spec).toMatchObject({
      Mode: { Replicated: { Replicas: 2 } },
      TaskTemplate: { ForceUpdate: 1 },
    });
    await act(manager, 'scale_down', target, {}, swarm.docker);
    expect((await swarm.inspect(name)).Spec.Mode.Replicated?.Replicas).toBe(1);
  });

  it('knows that nothing was done while Docker is away, or the guard', async () => {
    const away = await startGuard({}, { dockerHost: 'unix:///nowhere/docker.sock' });
    using engine = openEngine(readConfig(executorSettingsSchema, { DOCKER_HOST: away.dockerHost }));
    const signal = AbortSignal.timeout(10_000);
    const restart = {
      method: 'POST',
      path: ['containers', 'a'.repeat(64), 'restart'],
      query: { t: 1 },
    } as const;
    const asked = [
      () => engine.ping(),
      () => engine.call(restart, signal, decisionFor({ containers: ['a'.repeat(64)] })),
      () => engine.watch(() => {}, signal),
    ];
    for (const ask of asked) {
      await expect(ask()).rejects.toMatchObject({
        kind: 'not_reached',
        message: "Docker's socket does not exist: /nowhere/docker.sock",
      });
    }
    await away[Symbol.asyncDispose]();
    for (const ask of asked) await expect(ask()).rejects.toMatchObject({ kind: 'not_reached' });
  });

  it('sends the decision of safety along, and without the very id in it nothing is done', async () => {
    await using ground = await startServiceGround();
    const { HEMOSTAT_DATA_DIR } = ground.env;
    await using own = await startGuard(HEMOSTAT_DATA_DIR ? { HEMOSTAT_DATA_DIR } : {});
    const { bus } = ground.context;
    await using _verifier = await playVerifier(bus);
    const env = { ...ground.env, DOCKER_HOST: own.dockerHost };
    await using _executor = await startExecutor({ env, signal: ground.signal });
    await using one = await ground.patient();
    await using other = await ground.patient();
    const target = targetOf(one);
    const ask = async (step: Partial<Step>, id: string) => {
      const plan = restartPlan(target, { ...step, bound: { containers: [id] } });
      return finishedOf(bus, (await approve(bus, { target, plan })).remediation_id);
    };
    const exec = { action: 'exec', params: { command: 'ps -o args' }, verify: null };
    const before = (await one.container.inspect()).State;
    expect(await ask({}, other.id)).toMatchObject({ reached_docker: false });
    expect(await ask(exec, other.id)).toMatchObject({ reached_docker: false });
    expect((await one.container.inspect()).State).toEqual(before);
    expect(await ask({}, one.id)).toMatchObject({ outcome: 'recovered', reached_docker: true });
    expect(await ask(exec, one.id)).toMatchObject({ outcome: 'executed', reached_docker: true });
  });

  it('was refused nothing, and every action of the catalogue was tried', () => {
    expect(guard.log.filter((line) => line.includes('Refused'))).toEqual([]);
    const throughDocker = actions.filter(({ on }) => on !== 'endpoint').map(({ name }) => name);
    expect([...done].sort()).toEqual(throughDocker.sort());
  });
});

describe('a whole mesh behind the guard', () => {
  const behind = async (guard: GuardGround) =>
    startMeshGround({
      env: {
        DOCKER_HOST: guard.dockerHost,
        HEMOSTAT_DECISION_PUBLIC_KEY_FILE: join(guard.dataDir, 'keys', 'decision-public.pem'),
        RESPONDER_COOLDOWN_SECONDS: '0',
      },
    });
  const outcomeOf = async ({ post }: MeshGround, container: string, action: string, params = {}) => {
    const { body } = await post({ container, action, params }, { prefer: 'wait=60' });
    return [body.outcome, body.message ?? body.detail];
  };

  it('does what it approves to a container and to a Compose service', async () => {
    await using guard = await startGuard();
    await using mesh = await behind(guard);
    await using compose = composeProject();
    const { name } = await compose.sibling('api', 1);
    const ended = await compose.sibling('job', 1, { cmd: ['true'] });
    await ended.container.wait();
    const done = ['recovered', expect.anything()];
    expect(await outcomeOf(mesh, name, 'restart')).toEqual(done);
    expect(await outcomeOf(mesh, name, 'exec', { command: 'ps' })).toEqual(['executed', expect.anything()]);
    expect(await outcomeOf(mesh, name, 'scale_up')).toEqual(done);
    expect(await compose.containers('api')).toHaveLength(2);
    expect(await outcomeOf(mesh, name, 'scale_down')).toEqual(done);
    expect(await compose.containers('api')).toHaveLength(1);
    const tidy = { project: compose.project, min_age_seconds: 0 };
    expect(await outcomeOf(mesh, name, 'cleanup', tidy)).toEqual(['executed', expect.anything()]);
    expect(await compose.containers('job')).toEqual([]);
    expect(guard.log.filter((line) => line.includes('Refused'))).toEqual([]);
  }, 120_000);

  it('restarts and scales a Swarm service', async ({ skip }) => {
    await using swarm = await startSwarm();
    if (!swarm) return skip('no Swarm can be had here');
    await using guard = await startGuard({}, swarm);
    await using mesh = await behind(guard);
    const name = await swarm.service({ containerLabels: { 'hemostat.max-replicas': '3' } });
    const [task = ''] = await swarm.containers(name);
    for (const action of ['restart', 'scale_up', 'scale_down']) {
      const container = action === 'restart' ? task : name;
      expect(await outcomeOf(mesh, container, action)).toEqual(['recovered', expect.anything()]);
    }
    expect(guard.log.filter((line) => line.includes('Refused'))).toEqual([]);
  }, 120_000);
});
