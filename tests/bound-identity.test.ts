import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiClient, apiClient } from '#libs/testing/api-client';
import { startContainer, type TestContainer } from '#libs/testing/container';
import { countEvents } from '#libs/testing/container-events';
import { testEngine } from '#libs/testing/docker-engine';
import { busyboxImage } from '#libs/testing/images';
import { type MeshGround, startMeshGround } from '#libs/testing/mesh-ground';
import { until } from '#libs/testing/until';

const { docker } = testEngine();
let ground: MeshGround;
let api: ApiClient;
beforeAll(async () => {
  const env = {
    RESPONDER_COOLDOWN_SECONDS: '1',
    HEMOSTAT_BACK_OFF_SECONDS: '1',
    HEMOSTAT_STABILITY_SECONDS: '3',
  };
  ground = await startMeshGround({ env });
  api = await apiClient(ground.mesh.of('gateway')[0]?.url ?? '');
}, 120_000);
afterAll(() => ground[Symbol.asyncDispose]());

const restart = (container: string, key?: string) =>
  api.post(
    '/api/v1/remediations',
    { container, action: 'restart', reason: 'it hangs' },
    { prefer: 'wait=40', ...(key ? { 'idempotency-key': key } : {}) },
  );
const compose = (project: string) => ({
  'com.docker.compose.project': project,
  'com.docker.compose.service': 'db',
  'com.docker.compose.container-number': '1',
});
const statusOf = async (container: string) =>
  (await api.get(`/api/v1/safety/status?container=${container}`)).body.cells[0];

/** Another container of the same name. */
async function recreate(old: TestContainer): Promise<TestContainer> {
  await old.container.remove({ force: true });
  return startContainer(docker, {
    image: await busyboxImage(docker),
    cmd: ['sleep', '1000'],
    name: old.name,
  });
}

/** Restarts it, and meddles once the call was made and its patient is being looked at. */
async function meddled(patient: TestContainer, meddle: () => Promise<unknown>) {
  const answer = restart(patient.name);
  await until('it was restarted', async () => (await ground.restartsOf(patient)) > 0 || undefined);
  await meddle();
  return answer;
}

describe('a copy that inherited the labels of a container', () => {
  it('is left alone when that container is restarted, and is a container of its own', async () => {
    await using original = await ground.patient({ labels: compose('bound-copy') });
    const tag = `${original.name}-snap:1`;
    await original.container.commit({ repo: tag.split(':')[0], tag: '1' });
    await using stack = new AsyncDisposableStack();
    stack.defer(async () => void (await docker.getImage(tag).remove({ force: true })));
    const copy = stack.use(await startContainer(docker, { image: tag, cmd: ['sleep', '1000'] }));
    expect((await restart(original.name)).body.outcome).toBe('recovered');
    expect([await ground.restartsOf(original), await ground.restartsOf(copy)]).toEqual([1, 0]);
    const { body } = await restart(copy.name);
    expect(body).toMatchObject({ outcome: 'recovered', targets: [`local/container/${copy.name}`] });
    expect([await ground.restartsOf(original), await ground.restartsOf(copy)]).toEqual([1, 1]);
  }, 60_000);

  it('of a Swarm task is no service', async () => {
    const labels = { 'com.docker.swarm.service.name': 'web', 'com.docker.swarm.task.name': 'web.1.abc' };
    await using patient = await ground.patient({ labels });
    const { body } = await restart(patient.name);
    expect(body).toMatchObject({ outcome: 'recovered', targets: [`local/container/${patient.name}`] });
  }, 60_000);
});

it('what stands for two containers is refused with both named, and neither is touched', async () => {
  const labels = compose('bound-twice');
  await using one = await ground.patient({ labels });
  await using two = await ground.patient({ labels });
  const names = [one.name, two.name].sort();
  await until('both are known', async () => {
    const { body } = await api.get('/api/v1/targets');
    const known = body.targets.filter(({ container_name: name }: { container_name: string }) =>
      names.includes(name),
    );
    return known.length === 2 || undefined;
  });
  for (const ref of [...names, one.id]) {
    const { status, body } = await restart(ref);
    expect({ status, reason: body.reason, candidates: body.candidates }).toEqual({
      status: 409,
      reason: 'ambiguous_target',
      candidates: names,
    });
    for (const name of names) expect(body.detail).toContain(name);
  }
  expect([await ground.restartsOf(one), await ground.restartsOf(two)]).toEqual([0, 0]);
}, 60_000);

describe('a name that comes to stand for another container while it is looked at', () => {
  it('makes the end inconclusive, names the new one, and counts no attempt', async () => {
    const patient = await ground.patient();
    let other: TestContainer | undefined;
    const { body } = await meddled(patient, async () => {
      other = await recreate(patient);
    });
    await using successor = other;
    expect(body).toMatchObject({
      outcome: 'inconclusive',
      result: {
        reason: 'replaced',
        replaced_by: { container_id: successor?.id, container_name: patient.name, running: true },
      },
    });
    expect(successor && (await ground.restartsOf(successor))).toBe(0);
    expect(await statusOf(patient.name)).toMatchObject({
      lease: null,
      cooldown: null,
      back_off: null,
      breaker: { retry_count: 0 },
    });
  }, 60_000);

  it('by a swap of names never makes the wrong one recovered', async () => {
    await using patient = await ground.patient();
    await using other = await ground.patient();
    const { body } = await meddled(patient, async () => {
      await patient.container.rename({ name: `${patient.name}-old` });
      await other.container.rename({ name: patient.name });
    });
    expect(body).toMatchObject({
      outcome: 'inconclusive',
      result: { replaced_by: { container_id: other.id } },
    });
    expect(await countEvents(docker, { container: other.id, action: 'restart', since: 0 })).toBe(0);
  }, 60_000);
});
