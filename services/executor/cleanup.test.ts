import type Docker from 'dockerode';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { EngineSight, Prepared } from '#libs/actions/action';
import { cleanup } from '#libs/actions/cleanup';
import type { Details } from '#libs/contracts/scalars';
import { readConfig } from '#libs/runtime/config';
import { startOwnEngine } from '#libs/testing/docker-engine';
import { busyboxImage } from '#libs/testing/images';
import { executorSettingsSchema } from './config.ts';
import { openEngine } from './docker/docker-engine.ts';

const everything = { all: true, min_age_seconds: 0 };

/** Nobody else's engine: here it may be asked for all. */
async function openGround() {
  await using stack = new AsyncDisposableStack();
  const own = await startOwnEngine();
  if (!own) return undefined;
  stack.use(own);
  const env = { DOCKER_HOST: `unix://${own.socketPath}` };
  const engine = stack.use(openEngine(readConfig(executorSettingsSchema, env)));
  const image = await busyboxImage(own.docker);
  const sight: EngineSight = {
    reader: engine,
    protections: async () => new Map((await engine.list()).map(({ Id }) => [Id, null])),
  };
  const prepare = async (params: Details): Promise<Prepared> => {
    const parsed = cleanup.params.parse(params);
    const prepared = cleanup.prepare(parsed, await cleanup.survey(sight, parsed));
    if (prepared.kind !== 'ready') throw new Error(prepared.message);
    return prepared;
  };
  const owned = stack.move();
  return {
    docker: own.docker,
    image,
    prepare,
    run: (prepared: Prepared) => cleanup.run({ engine }, prepared, AbortSignal.timeout(60_000)),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

let ground: Awaited<ReturnType<typeof openGround>>;
beforeAll(async () => {
  ground = await openGround();
}, 60_000);
afterAll(() => ground?.[Symbol.asyncDispose]());

/** An image of what a container wrote on top of `from`; without a name unless one is given. */
async function grown(docker: Docker, from: string, kib: number, repo?: string): Promise<string> {
  const Cmd = ['dd', 'if=/dev/urandom', `of=/written-${kib}`, 'bs=1024', `count=${kib}`];
  const container = await docker.createContainer({ Image: from, Cmd });
  await container.start();
  await container.wait();
  const { Id } = await container.commit(repo === undefined ? {} : { repo });
  await container.remove();
  return Id;
}

const layersSize = async (docker: Docker): Promise<number> => (await docker.df()).LayersSize;
const bytesById = ({ expected }: Prepared): Record<string, number | null> => {
  const items = (expected?.items ?? []) as readonly { readonly id: string; readonly bytes: number | null }[];
  return Object.fromEntries(items.map(({ id, bytes }) => [id, bytes]));
};

it('counts a layer that two removed images share once, with the last of them', async (test) => {
  if (!ground) return test.skip('this machine allows no engine of the test');
  const { docker } = ground;
  const shared = await grown(docker, ground.image, 32, 'shop/shared');
  for (const kib of [64, 128]) await grown(docker, shared, kib);
  await docker.getImage('shop/shared').remove({ noprune: true });
  const before = await layersSize(docker);
  const { result } = await ground.run(await ground.prepare(everything));
  expect(result).toMatchObject({ images_removed: 3, sizes_unknown: 0, space_reclaimed_bytes: 224 * 1024 });
  expect(before - (await layersSize(docker))).toBe(224 * 1024);
}, 60_000);

it('gains as many bytes from unnamed images as the disk does, whatever they share with each other and with others', async (test) => {
  if (!ground) return test.skip('this machine allows no engine of the test');
  const { docker } = ground;
  const lower = await grown(docker, ground.image, 32);
  const named = await grown(docker, lower, 8, 'shop/named');
  const upper = await grown(docker, lower, 64);
  const top = await grown(docker, upper, 128);
  const used = await grown(docker, ground.image, 4);
  const user = await docker.createContainer({ Image: used, Cmd: ['true'], name: 'user' });
  const prepared = await ground.prepare({ ...everything, keep: ['user'] });
  // `lower` stays: a named image was made from it.
  const ofImages = prepared.calls.filter(({ path }) => path[0] === 'images');
  expect(ofImages.map(({ path }) => path[1])).toEqual([top, upper]);
  expect(bytesById(prepared)).toMatchObject({ [top]: 128 * 1024, [upper]: 64 * 1024 });
  const before = await layersSize(docker);
  const { result } = await ground.run(prepared);
  expect(result).toMatchObject({ images_removed: 2, sizes_unknown: 0 });
  expect(before - (await layersSize(docker))).toBe((128 + 64) * 1024);
  for (const id of [lower, named, used]) expect((await docker.getImage(id).inspect()).Id).toBe(id);
  await user.remove();
}, 60_000);

it('takes 200 things at most, the oldest first, and says how many more there are', async (test) => {
  if (!ground) return test.skip('this machine allows no engine of the test');
  const { docker, image } = ground;
  const first = await docker.createContainer({ Image: image, Cmd: ['true'], name: 'the-oldest' });
  for (let at = 0; at < 204; at += 12) {
    await Promise.all(
      Array.from({ length: 12 }, () => docker.createContainer({ Image: image, Cmd: ['true'] })),
    );
  }
  const prepared = await ground.prepare({ ...everything, images: false });
  expect(prepared.calls).toHaveLength(200);
  expect(prepared.calls[0]?.path).toEqual(['containers', first.id]);
  expect(prepared.expected).toMatchObject({ containers_removed: 200, more: 5, sizes_unknown: 0 });
  expect(JSON.stringify(prepared).length).toBeLessThan(150_000);
  expect((await ground.prepare({ all: true })).calls).toEqual([]);
}, 120_000);
