import { afterAll, beforeAll, expect, it } from 'vitest';
import { composeProject } from '#libs/testing/compose-project';
import { startContainer } from '#libs/testing/container';
import { testEngine } from '#libs/testing/docker-engine';
import { type DockerRelay, startDockerRelay } from '#libs/testing/docker-relay';
import { busyboxImage } from '#libs/testing/images';
import { type MeshGround, startMeshGround } from '#libs/testing/mesh-ground';

const { docker } = testEngine();
let relay: DockerRelay;
let ground: MeshGround;
beforeAll(async () => {
  relay = await startDockerRelay();
  ground = await startMeshGround({ env: { DOCKER_HOST: relay.dockerHost } });
}, 120_000);
afterAll(async () => {
  await ground[Symbol.asyncDispose]();
  await relay[Symbol.asyncDispose]();
});
const targets = () => ground.mesh.http('GET', '/api/v1/targets');
const restart = (container: string) => ground.post({ container, action: 'restart' }, { prefer: 'wait=60' });

it('a container whose name is longer than a target may be is listed and healed by its id', async () => {
  const name = `long-${'x'.repeat(415)}`;
  const image = await busyboxImage(docker);
  await using patient = await startContainer(docker, { name, image, cmd: ['sleep', '1000'] });
  const target = { engine: 'local', kind: 'container', name: patient.id };
  expect(await targets()).toMatchObject({
    status: 200,
    body: { targets: expect.arrayContaining([expect.objectContaining({ target, container_name: name })]) },
  });
  const { body } = await restart(patient.id.slice(0, 12));
  expect(body).toMatchObject({ outcome: 'recovered', targets: [`local/container/${patient.id}`] });
}, 60_000);

it('an entry of a list that cannot be read keeps nobody from the others, and unreadable labels protect', async () => {
  await using well = await ground.patient();
  await using odd = await ground.patient();
  await using forbidden = await ground.patient();
  relay.listed = (path, list) =>
    path.includes('/containers/')
      ? list.map((each) => {
          const { Id } = each as { Id: string };
          if (Id === odd.id) return { ...(each as object), Names: 7 };
          return Id === forbidden.id ? { ...(each as object), Labels: { a: 7 }, Created: null } : each;
        })
      : [{ ID: 'odd', Spec: null }, ...list];
  // Whatever changes has the executor read anew.
  await (await ground.patient())[Symbol.asyncDispose]();
  expect(await restart(well.name)).toMatchObject({ body: { outcome: 'recovered' } });
  expect(await restart(odd.name)).toMatchObject({ status: 404 });
  expect(await restart(forbidden.name)).toMatchObject({ status: 403, body: { reason: 'protected_target' } });
  relay.listed = (_, list) => list;
}, 60_000);

it('what cannot be read makes a cleanup and a scaling do nothing, and say so', async () => {
  await using shop = composeProject();
  const job = await shop.sibling('job', 1, { cmd: ['true'] });
  const api = [await shop.sibling('api', 1), await shop.sibling('api', 2)];
  await job.container.wait();
  relay.listed = (_, list) => [...list, { Id: 'odd' }];
  const unclear = { message: expect.stringContaining('in a form that is not known; nothing was done') };
  const params = { project: shop.project, min_age_seconds: 0 };
  const wait = { prefer: 'wait=60' };
  const cleanup = await ground.post({ action: 'cleanup', params }, wait);
  expect(cleanup).toMatchObject({ status: 503, body: { detail: unclear.message } });
  const down = await ground.post({ container: api[0]?.name, action: 'scale_down' }, wait);
  expect(down.body).toMatchObject(unclear);
  relay.listed = (_, list) => list;
  expect(await shop.containers('job')).toHaveLength(1);
  expect(await shop.containers('api')).toHaveLength(2);
}, 60_000);
