import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Details } from '#libs/contracts/scalars';
import { type MeshGround, startMeshGround } from '#libs/testing/mesh-ground';
import { type ServiceExample, type SwarmGround, startSwarm } from '#libs/testing/swarm-ground';
import { until } from '#libs/testing/until';

const found = await startSwarm();
if (!found) console.warn('skipped: no Swarm can be had here');

describe.skipIf(!found)('a Swarm service', () => {
  const swarm = found as SwarmGround;
  let ground: MeshGround;
  beforeAll(async () => {
    ground = await startMeshGround({
      env: { DOCKER_HOST: swarm.dockerHost, HEMOSTAT_VERIFY_TIMEOUT_SECONDS: '30' },
    });
  }, 120_000);
  afterAll(async () => {
    await ground?.[Symbol.asyncDispose]();
    await swarm[Symbol.asyncDispose]();
  });

  async function ask(container: string, action: string, more: object = {}): Promise<Details> {
    const { body } = await ground.post({ container, action, ...more }, { prefer: 'wait=90' });
    return body;
  }
  const example = async (spec: ServiceExample = {}) => {
    const name = await swarm.service(spec);
    const gone = async () => {
      await swarm.docker.getService(name).remove();
    };
    return { name, [Symbol.asyncDispose]: gone };
  };
  const replicasOf = async (name: string) => (await swarm.inspect(name)).Spec.Mode.Replicated?.Replicas;

  it('is restarted by one update of the service, whichever of its tasks is named, and no stray is left', async () => {
    await using service = await example({ replicas: 2, env: ['PASSWORD=canary-4711'] });
    const { name } = service;
    const before = await swarm.containers(name);
    expect(before[0]).toContain('.');
    const answer = await ask(before[0] ?? '', 'restart');
    expect(answer).toMatchObject({ outcome: 'recovered', message: 'Service restarted and running' });
    const after = await swarm.containers(name);
    expect(after).toHaveLength(2);
    expect(after.filter((each) => before.includes(each))).toEqual([]);
    expect((await swarm.inspect(name)).Spec.TaskTemplate.ForceUpdate).toBe(1);
    const step = (await ground.record(String(answer.remediation_id)))?.steps[0];
    expect(step?.started?.body).toMatchObject({
      target: { kind: 'swarm', name },
      evidence: { service: name, version: expect.any(Number), before: { replicas: { force_update: 0 } } },
    });
    expect(step?.started?.body.calls[0]).toContain('"ForceUpdate":1');
    expect(JSON.stringify(step)).not.toContain('canary-4711');
    expect(step?.verified?.body.readings).toMatchObject({
      container: { replicas: { desired: 2, running: 2, force_update: 1 } },
    });
  }, 90_000);

  it('that comes up only to fall again is not called restarted well', async () => {
    await using service = await example({
      cmd: ['sh', '-c', 'if [ -e /tmp/up ]; then exit 1; fi; sleep 1000000'],
    });
    const current = await swarm.inspect(service.name);
    expect(current.Spec.TaskTemplate.ForceUpdate ?? 0).toBe(0);
    await swarm.docker.getService(service.name).update({
      version: current.Version.Index,
      ...current.Spec,
      TaskTemplate: {
        ...current.Spec.TaskTemplate,
        ContainerSpec: {
          ...(Reflect.get(current.Spec.TaskTemplate, 'ContainerSpec') as object),
          Command: ['false'],
        },
      },
    });
    await until(
      'it falls',
      async () => (await swarm.containers(service.name)).length === 0 || undefined,
      30_000,
    );
    expect(await ask(service.name, 'restart')).toMatchObject({ outcome: 'ineffective' });
  }, 120_000);

  it('is scaled up and verified, then rests; and scaled down again without waiting for that', async () => {
    await using service = await example();
    const { name } = service;
    const preview = await ask(name, 'scale_up', { dry_run: true });
    expect(JSON.stringify(preview)).toContain(`docker service scale ${name}=2`);
    expect(await replicasOf(name)).toBe(1);
    expect(await ask(name, 'scale_up', { params: { replicas: 3 } })).toMatchObject({
      outcome: 'recovered',
      message: `Service ${name} scaled from 1 to 3 replicas and running`,
    });
    expect(await swarm.containers(name)).toHaveLength(3);
    const told = await until('told', () =>
      ground.heard.find(
        (event) => event.container === name && event.action === 'scale_up' && event.dry_run === false,
      ),
    );
    expect(told.result).toMatchObject({
      status: 'success',
      service: name,
      previous_replicas: 1,
      new_replicas: 3,
    });
    expect(await ask(name, 'scale_up')).toMatchObject({ reason: 'cooldown_active' });
    expect(await ask(name, 'scale_down', { params: { replicas: 1 } })).toMatchObject({
      outcome: 'recovered',
      message: `Service ${name} scaled from 3 to 1 replica and running`,
    });
    expect(await replicasOf(name)).toBe(1);
  }, 90_000);

  it('is left alone beyond its limits, and says why', async () => {
    await using limited = await example({ replicas: 2, labels: { 'hemostat.max_replicas': '2' } });
    await using inside = await example({ containerLabels: { 'hemostat.max_replicas': 'two' } });
    await using everywhere = await example({ global: true });
    for (const [name, action, params, said] of [
      [limited.name, 'scale_up', {}, 'may have 2 at most'],
      [limited.name, 'scale_up', { replicas: 2 }, 'has 2 replicas already'],
      [limited.name, 'scale_up', { replicas: 1 }, 'ask for scale_down'],
      [limited.name, 'scale_down', { replicas: 0 }, 'never scaled below one'],
      [inside.name, 'scale_up', {}, 'is no whole number'],
      [inside.name, 'scale_down', {}, 'never scaled below one'],
      [everywhere.name, 'scale_up', {}, 'global mode'],
    ] as const) {
      expect(await ask(name, action, { params })).toMatchObject({
        outcome: 'not_applicable',
        message: expect.stringContaining(said),
      });
    }
    expect(await replicasOf(limited.name)).toBe(2);
  }, 90_000);

  it('is known by its exact name only, also when none of its containers is here', async () => {
    await using service = await example({ labels: { 'hemostat.max_replicas': '3' } });
    const { name } = service;
    expect(await ask(name.slice(0, -1), 'scale_up')).toMatchObject({ status: 404 });
    const current = await swarm.inspect(name);
    const Mode = { Replicated: { Replicas: 0 } };
    await swarm.docker.getService(name).update({ version: current.Version.Index, ...current.Spec, Mode });
    await until(
      'all are gone',
      async () => {
        const filters = { label: [`com.docker.swarm.service.name=${name}`] };
        return (await swarm.docker.listContainers({ all: true, filters })).length === 0 || undefined;
      },
      30_000,
    );
    expect(await ask(name, 'restart')).toMatchObject({
      outcome: 'not_applicable',
      message: expect.stringContaining('no replicas'),
    });
    expect(await ask(name, 'scale_up')).toMatchObject({ outcome: 'recovered' });
    expect(await replicasOf(name)).toBe(1);
  }, 90_000);
});
