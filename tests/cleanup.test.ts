import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Details } from '#libs/contracts/scalars';
import { type ComposeProject, composeProject } from '#libs/testing/compose-project';
import type { TestContainer } from '#libs/testing/container';
import { testEngine } from '#libs/testing/docker-engine';
import { testLabel, testRun } from '#libs/testing/docker-engine-labels';
import { type DockerRelay, startDockerRelay } from '#libs/testing/docker-relay';
import { type MeshGround, startMeshGround } from '#libs/testing/mesh-ground';
import { until } from '#libs/testing/until';

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

async function ask(params: object | undefined, more: object = {}): Promise<Details> {
  const wish = { action: 'cleanup', ...(params ? { params } : {}), ...more };
  return (await ground.post(wish, { prefer: 'wait=60' })).body;
}

const listSchema = z.object({
  items: z.array(
    z.object({ kind: z.string(), id: z.string(), name: z.string(), bytes: z.number().nullable() }).loose(),
  ),
  kept: z.array(z.object({ kind: z.string(), name: z.string(), why: z.string() })),
  space_reclaimed_bytes: z.number().nullable(),
});
const bodySchema = z.object({
  preview: z
    .object({ steps: z.tuple([z.object({ expected: listSchema, calls: z.array(z.string()) })]) })
    .optional(),
  execution_log: z.array(z.object({ result: listSchema })),
});
function listOf(body: Details): z.infer<typeof listSchema> {
  const { preview, execution_log: log } = bodySchema.parse(body);
  const list = preview?.steps[0].expected ?? log[0]?.result;
  if (!list) throw new Error(`no list in ${JSON.stringify(body)}`);
  return list;
}
const namesOf = (list: z.infer<typeof listSchema>) => list.items.map(({ name }) => name).sort();

/** A container that wrote so many KiB into its own layer and ended. */
async function ended(
  shop: ComposeProject,
  service: string,
  more: { readonly labels?: Record<string, string>; readonly kib?: number; readonly volume?: string } = {},
): Promise<TestContainer> {
  const { labels = {}, kib = 0, volume } = more;
  const made = await shop.sibling(service, 1, {
    labels,
    cmd: ['sh', '-c', `dd if=/dev/zero of=/written bs=1024 count=${kib}`],
    hostConfig: { Binds: volume === undefined ? [] : [`${volume}:/data`] },
    create: { Volumes: { '/anonymous': {} } },
  });
  await made.container.wait();
  return made;
}

async function aVolume(
  shop: ComposeProject,
  name: string,
): Promise<AsyncDisposable & { readonly name: string }> {
  const Name = `${shop.project}_${name}`;
  const Labels = { 'com.docker.compose.project': shop.project, [testLabel]: testRun };
  await docker.createVolume({ Name, Labels });
  return {
    name: Name,
    [Symbol.asyncDispose]: () =>
      docker
        .getVolume(Name)
        .remove({ force: true })
        .catch(() => {}),
  };
}

/** An image without a name, from what a container wrote. */
async function anImage({ container }: TestContainer, { project }: ComposeProject): Promise<string> {
  const changes = [`LABEL com.docker.compose.project=${project}`, `LABEL ${testLabel}=${testRun}`];
  const { Id } = await container.commit({ changes: changes.join('\n') });
  return Id;
}
const there = (look: Promise<unknown>): Promise<boolean> =>
  look.then(
    () => true,
    () => false,
  );
const isThere = ({ container }: TestContainer) => there(container.inspect());
const anonymousOf = async ({ container }: TestContainer): Promise<string> => {
  const { Mounts } = await container.inspect();
  return Mounts.find(({ Destination }) => Destination === '/anonymous')?.Name ?? '';
};

describe('a cleanup of a Compose project', () => {
  it('removes what its dry run listed, byte for byte, and nothing of another project, nothing that runs or is protected, and no volume', async () => {
    await using shop = composeProject();
    await using other = composeProject();
    await using data = await aVolume(shop, 'data');
    const [web, job, guarded, limited, theirs] = await Promise.all([
      ended(shop, 'web', { kib: 64, volume: data.name }),
      ended(shop, 'job', { kib: 16 }),
      ended(shop, 'guarded', { labels: { 'hemostat.protect': 'true' } }),
      ended(shop, 'limited', { labels: { 'hemostat.actions': 'restart' } }),
      ended(other, 'web', { kib: 8 }),
    ]);
    const runs = await shop.sibling('api', 1);
    const [image, theirImage] = await Promise.all([anImage(web, shop), anImage(theirs, other)]);
    const volumes = await Promise.all([anonymousOf(web), anonymousOf(job)]);
    const params = { project: shop.project, min_age_seconds: 0 };

    const preview = listOf(await ask(params, { dry_run: true }));
    expect(namesOf(preview)).toEqual([image.slice(7, 19), job.name, web.name].sort());
    expect(new Map(preview.kept.map(({ name, why }) => [name, why]))).toEqual(
      new Map([
        [guarded.name, 'protected by its label hemostat.protect'],
        [limited.name, 'protected by its label hemostat.actions'],
      ]),
    );
    expect(await Promise.all([web, job].map(isThere))).toEqual([true, true]);

    const done = await ask(params);
    expect(done).toMatchObject({ outcome: 'executed', targets: [`local/cleanup/project/${shop.project}`] });
    const list = listOf(done);
    expect(list.items).toEqual(preview.items.map((item) => ({ ...item, status: 'removed' })));
    expect(list.space_reclaimed_bytes).toBe((64 + 16 + 64) * 1024);
    expect(list.space_reclaimed_bytes).toBe(preview.space_reclaimed_bytes);
    const stay = [guarded, limited, theirs, runs];
    expect(await Promise.all([web, job].map(isThere))).toEqual([false, false]);
    expect(await Promise.all(stay.map(isThere))).toEqual(stay.map(() => true));
    expect((await runs.container.inspect()).State.Running).toBe(true);
    expect(await there(docker.getImage(image).inspect())).toBe(false);
    expect(await there(docker.getImage(theirImage).inspect())).toBe(true);
    const left = [data.name, ...volumes].map((name) => there(docker.getVolume(name).inspect()));
    expect(await Promise.all(left)).toEqual([true, true, true]);
    await Promise.all(volumes.map((name) => docker.getVolume(name).remove()));

    const again = await ask(params);
    expect(again).toMatchObject({
      outcome: 'not_applicable',
      message: expect.stringContaining('Nothing to clean up'),
    });
    expect(listOf(again)).toMatchObject({ space_reclaimed_bytes: 0, items: [] });
  });

  it('is told by a container that a HemoStat event names; the container itself stays, and so does what is too young', async () => {
    await using shop = composeProject();
    const [web, job] = await Promise.all([ended(shop, 'web'), ended(shop, 'job', { kib: 4 })]);
    await ground.publish({ container: web.name, action: 'cleanup' });
    expect(await ground.eventOf(web)).toMatchObject({
      result: { status: 'not_applicable', error: expect.stringContaining(`Nothing to clean up in`) },
    });
    expect(await isThere(job)).toBe(true);
    const young = listOf(await ask(undefined, { container: web.name, dry_run: true }));
    expect(young.kept).toContainEqual(
      expect.objectContaining({ name: job.name, why: expect.stringContaining('short') }),
    );
    const id = `cleanup-${randomBytes(4).toString('hex')}`;
    await ground.publish({
      container: web.name,
      action: 'cleanup',
      remediation_id: id,
      params: { min_age_seconds: 0 },
    });
    const event = await until('the event of the second', () =>
      ground.heard.find((each) => each.container === web.name && each.outcome === 'executed'),
    );
    expect(event).toMatchObject({
      action: 'cleanup',
      result: { status: 'success', containers_removed: 1, images_removed: 0, space_reclaimed_bytes: 4096 },
    });
    expect(await Promise.all([web, job].map(isThere))).toEqual([true, false]);
  });

  it('leaves alone what another container depends on, and volumes that are used or of another project', async () => {
    await using shop = composeProject();
    await using other = composeProject();
    await using cache = await aVolume(shop, 'cache');
    await using data = await aVolume(shop, 'data');
    await using foreign = await aVolume(other, 'data');
    const [base, user] = await Promise.all([ended(shop, 'base'), ended(shop, 'user', { volume: data.name })]);
    const dependent = await other.sibling('side', 1, { hostConfig: { VolumesFrom: [base.id] } });
    const volumes = [cache.name, data.name, foreign.name, `${shop.project}_none`];
    const list = listOf(await ask({ project: shop.project, min_age_seconds: 0, volumes }));
    expect(list.items).toMatchObject([
      { kind: 'container', name: user.name, status: 'removed' },
      { kind: 'volume', name: cache.name, bytes: 0, status: 'removed' },
    ]);
    expect(Object.fromEntries(list.kept.map(({ name, why }) => [name, why]))).toEqual({
      [base.name]: `${dependent.name} depends on it`,
      [data.name]: `${user.name} uses it`,
      [foreign.name]: 'its labels say that it is not in scope',
      [`${shop.project}_none`]: 'there is no such volume (docker volume ls)',
    });
    expect(await there(docker.getVolume(data.name).inspect())).toBe(true);
    expect(await there(docker.getVolume(foreign.name).inspect())).toBe(true);
    expect(await isThere(base)).toBe(true);
  });
});

describe('a cleanup by label', () => {
  it('removes what carries it, in Compose or not', async () => {
    await using shop = composeProject();
    const value = randomBytes(4).toString('hex');
    const [first, second] = await Promise.all([
      ended(shop, 'web', { labels: { 'test.batch': value } }),
      ended(shop, 'job', { labels: { 'test.batch': `${value}-other` } }),
    ]);
    const done = await ask({ label: `test.batch=${value}`, min_age_seconds: 0 });
    expect(done).toMatchObject({ outcome: 'executed', targets: [`local/cleanup/label/test.batch=${value}`] });
    expect(await Promise.all([first, second].map(isThere))).toEqual([false, true]);
  });
});

const dependsOn = (text: string) => ({ labels: { 'com.docker.compose.depends_on': text } });
const control = (maintenance: object[]) =>
  ground.mesh.http('POST', '/api/v1/safety/control', { maintenance, reason: 'a disk is changed' });
const whysOf = (list: z.infer<typeof listSchema>) =>
  Object.fromEntries(list.kept.map(({ name, why }) => [name, why]));

describe('a cleanup keeps', () => {
  it('what a container that stays depends on by depends_on of Docker Compose, also by way of another', async () => {
    await using shop = composeProject();
    await using other = composeProject();
    const needs = (service: string) => dependsOn(`init:service_completed_successfully:false,${service}`);
    const [init, seed, base, idle, theirs] = await Promise.all([
      ended(shop, 'init', dependsOn('seed:service_completed_successfully')),
      ended(shop, 'seed', dependsOn('')),
      ended(shop, 'base'),
      ended(shop, 'idle', needs('base')),
      ended(other, 'init'),
    ]);
    const runs = await shop.sibling('api', 1, needs('db:service_started:true'));
    const params = { project: shop.project, min_age_seconds: 0 };
    const shown = listOf(await ask(params, { dry_run: true }));
    const list = listOf(await ask(params));
    const why = 'depends on it (depends_on of Docker Compose)';
    expect(whysOf(list)).toEqual({
      [init.name]: `${runs.name} ${why}`,
      [seed.name]: `${init.name} ${why}`,
    });
    expect([namesOf(shown), namesOf(list)]).toEqual(Array(2).fill([base.name, idle.name].sort()));
    expect(await isThere(theirs)).toBe(true);
  });

  it('what is in a maintenance window when it is removed, by its own name or that of its service', async () => {
    await using shop = composeProject();
    const [api, web, job] = [await ended(shop, 'api'), await ended(shop, 'web'), await ended(shop, 'job')];
    const window = {
      from: new Date(Date.now() - 60_000).toISOString(),
      until: new Date(Date.now() + 600_000).toISOString(),
      targets: [`local/compose/${shop.project}/api`],
    };
    const over = { from: window.from, until: window.from, targets: [`local/compose/${shop.project}/job/1`] };
    expect(await control([window, over])).toMatchObject({ status: 200 });
    const params = { project: shop.project, min_age_seconds: 0 };
    const shown = listOf(await ask(params, { dry_run: true }));
    expect(whysOf(shown)).toEqual({ [api.name]: expect.stringContaining('window that anonymous set until') });
    // The request is bound at the first look; at the second, before the removal, there is one more window.
    let looks = 0;
    relay.before = async (_, path) => {
      if (!path.includes('/info') || ++looks !== 2) return;
      await control([window, { ...window, targets: [`local/compose/${shop.project}/web/1`] }]);
    };
    const list = listOf(await ask(params));
    relay.before = () => {};
    expect(await control([])).toMatchObject({ status: 200 });
    expect(Object.keys(whysOf(list)).sort()).toEqual([api.name, web.name]);
    expect(await Promise.all([api, web, job].map(isThere))).toEqual([true, true, false]);
  });

  it('what came after it was asked for', async () => {
    await using shop = composeProject();
    const first = await ended(shop, 'first');
    let looks = 0;
    const late: TestContainer[] = [];
    relay.before = async (_, path) => {
      if (path.includes('/info') && ++looks === 2) late.push(await ended(shop, 'late'));
    };
    const done = await ask({ project: shop.project, min_age_seconds: 0 });
    relay.before = () => {};
    expect(done).toMatchObject({ outcome: 'executed', execution_log: [{ result: { more: 1 } }] });
    expect(namesOf(listOf(done))).toEqual([first.name]);
    expect(await Promise.all(late.map(isThere))).toEqual([true]);
  });
});

describe('a cleanup', () => {
  it('says where, or is no cleanup', async () => {
    await using alone = await ground.patient();
    const lacking = {
      status: 400,
      errors: [{ field: 'container', message: expect.stringContaining('all: true') }],
    };
    expect(await ask(undefined)).toMatchObject(lacking);
    expect(await ask({ min_age_seconds: 0 })).toMatchObject(lacking);
    expect(await ask({ all: false })).toMatchObject({ status: 400 });
    expect(await ask({ all: true, project: 'shop' })).toMatchObject({ status: 400 });
    expect(await ask({ project: '../shop' })).toMatchObject({ status: 400 });
    expect(await ask({ project: 'shop', volumes: ['../data'] })).toMatchObject({ status: 400 });
    expect(await ask(undefined, { container: alone.name })).toMatchObject({
      outcome: 'not_applicable',
      detail: expect.stringContaining('belongs to no Compose project'),
    });
    expect(await isThere(alone)).toBe(true);
  });

  it('leaves what was started since it was looked, says so, and removes the rest', async () => {
    await using shop = composeProject();
    const [, second] = [
      await ended(shop, 'first'),
      await shop.sibling('second', 1),
      await ended(shop, 'third'),
    ];
    await second.container.stop({ t: 0 });
    relay.before = async (method, path) => {
      if (method === 'DELETE' && path.includes('/containers/')) {
        relay.before = () => {};
        await second.container.start();
      }
    };
    const done = await ask({ project: shop.project, min_age_seconds: 0 });
    expect(done).toMatchObject({
      outcome: 'executed',
      message: expect.stringContaining('1 could not be removed'),
    });
    const { items } = listOf(done);
    expect(items).toHaveLength(3);
    expect(items).toContainEqual(
      expect.objectContaining({
        name: second.name,
        status: 'not_removed',
        why: expect.stringContaining('409'),
      }),
    );
    expect((await second.container.inspect()).State.Running).toBe(true);
    expect(await shop.containers('first')).toEqual([]);
    expect(await shop.containers('third')).toEqual([]);
  });

  it('whose executor is killed in the middle is only looked at: what is gone counts, and the rest is never removed', async () => {
    await using shop = composeProject();
    for (const service of ['a', 'b', 'c', 'd']) await ended(shop, service, { kib: 4 });
    let calls = 0;
    relay.before = async (method) => {
      if (method !== 'DELETE') return;
      calls += 1;
      // The third call never gets to the engine.
      if (calls === 3) await ground.mesh.of('executor').at(-1)?.kill9();
      if (calls >= 3) await new Promise(() => {});
    };
    const answer = await ground.post({
      action: 'cleanup',
      params: { project: shop.project, min_age_seconds: 0 },
    });
    const id = String(answer.body.remediation_id);
    await until('it was killed', () => calls === 3 || undefined);
    relay.before = (method) => {
      if (method === 'DELETE') calls += 1;
    };
    await ground.mesh.start('executor');
    const complete = await until('complete', async () => (await ground.record(id))?.complete?.body, 60_000);
    expect(complete).toMatchObject({ outcome: 'failed', effects: [{ verified: false }] });
    expect(complete.execution_log[0]?.result).toMatchObject({
      containers_removed: 2,
      space_reclaimed_bytes: 8192,
      items: [
        { status: 'removed' },
        { status: 'removed' },
        { status: 'not_removed' },
        { status: 'not_removed' },
      ],
    });
    expect(calls).toBe(3);
    const left = await Promise.all(['a', 'b', 'c', 'd'].map((service) => shop.containers(service)));
    expect(left.flat()).toHaveLength(2);
    relay.before = () => {};
  }, 90_000);
});
