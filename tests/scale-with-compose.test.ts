import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Details } from '#libs/contracts/scalars';
import { testEngine } from '#libs/testing/docker-engine';
import { type Compose, findCompose } from '#libs/testing/docker-engine-compose';
import { busyboxImage } from '#libs/testing/images';
import { type MeshGround, startMeshGround } from '#libs/testing/mesh-ground';

const { docker, dockerHost } = testEngine();
const found = await findCompose();
if (!found) console.warn('skipped: Docker Compose could not be had');

const project = `test-${randomBytes(4).toString('hex')}`;
const file = (image: string): string => `
services:
  api:
    image: ${image}
    init: true
    command: ['sleep', '1000000']
    stop_grace_period: 1s
    environment: {MODE: blue}
    networks: [front, back]
    volumes: [data:/data, /scratch]
    deploy: {resources: {limits: {memory: 64M, cpus: '0.5'}}}
    healthcheck: {test: ['CMD', 'true'], interval: 1s, retries: 3}
  other:
    image: ${image}
    init: true
    command: ['sleep', '1000000']
    stop_grace_period: 1s
    network_mode: service:api
  told:
    image: ${image}
    init: true
    command: ['sh', '-c', 'date > /own; exec sleep 1000000']
    stop_grace_period: 1s
    configs: [{source: word}, {source: word, target: /etc/deep/word.conf}]
    secrets: [key]
configs: {word: {content: 'hello'}}
secrets: {key: {environment: TEST_KEY}}
networks: {front: {}, back: {}}
volumes: {data: {}}
`;

describe.skipIf(!found)('a project that Docker Compose itself made', () => {
  const compose = found as Compose;
  let ground: MeshGround;
  let folder: string;
  const run = async (...args: readonly string[]): Promise<string> => {
    const command = ['-p', project, '-f', join(folder, 'compose.yml'), ...args];
    const env = { ...process.env, ...compose.env, DOCKER_HOST: dockerHost, TEST_KEY: 'secret' };
    return (await promisify(execFile)(compose.program, command, { env })).stdout;
  };
  const ask = async (container: string, action: string): Promise<Details> =>
    (await ground.post({ container, action }, { prefer: 'wait=60' })).body;
  const containers = async (): Promise<readonly string[]> =>
    (await run('ps', '--all', '--format', '{{.Name}}', 'api')).trim().split('\n').sort();
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hemostat-test-compose-'));
    await writeFile(join(folder, 'compose.yml'), file(await busyboxImage(docker)));
    await run('up', '-d', '--wait');
    ground = await startMeshGround();
  }, 120_000);
  afterAll(async () => {
    await ground?.[Symbol.asyncDispose]();
    await run('down', '-v', '-t', '1');
    await rm(folder, { recursive: true, force: true });
  }, 60_000);

  it('has the clone for one of its own: lists it, and takes it away with the next up', async () => {
    const names = [`${project}-api-1`, `${project}-api-2`];
    expect(await ask('api', 'scale_up')).toMatchObject({ outcome: 'recovered' });
    expect(await containers()).toEqual(names);
    const [one, two] = await Promise.all(names.map((name) => docker.getContainer(name).inspect()));
    expect(two?.HostConfig).toEqual(one?.HostConfig);
    expect(Object.keys(two?.NetworkSettings.Networks ?? {}).sort()).toEqual(
      Object.keys(one?.NetworkSettings.Networks ?? {}).sort(),
    );
    await run('up', '-d');
    expect(await containers()).toEqual(names.slice(0, 1));
  }, 60_000);

  it('is scaled down by what Compose made, too', async () => {
    await run('up', '-d', '--wait', '--scale', 'api=3', '--no-recreate');
    expect(await ask(`${project}-api-1`, 'scale_down')).toMatchObject({
      outcome: 'recovered',
      message: `Service ${project}/api scaled from 3 to 2 replicas and running`,
    });
    expect(await containers()).toEqual([`${project}-api-1`, `${project}-api-2`]);
  }, 60_000);

  it('is not cloned where Compose put files into it after it was made, not even after it ran again', async () => {
    const name = `${project}-told-1`;
    const why = `${name} is not cloned: files were put into it after it was made, as Docker Compose does with configs that have a content and secrets from the environment (/etc/deep/word.conf, /run/secrets/key, /word), and a clone would lack them. Let Docker Compose do it: docker compose -p ${project} up -d --no-recreate --scale told=2`;
    const shown = await ground.post(
      { container: name, action: 'scale_up', dry_run: true },
      { prefer: 'wait=60' },
    );
    expect(JSON.stringify(shown.body)).toContain(why);
    await docker.getContainer(name).restart({ t: 0 });
    expect(await ask(name, 'scale_up')).toMatchObject({ outcome: 'not_applicable', message: why });
  }, 60_000);

  it('keeps the container in whose network another one lives', async () => {
    expect(await ask(`${project}-other-1`, 'scale_up')).toMatchObject({ outcome: 'recovered' });
    const clone = await docker.getContainer(`${project}-other-2`).inspect();
    const { Id } = await docker.getContainer(`${project}-api-1`).inspect();
    expect(clone.HostConfig.NetworkMode).toBe(`container:${Id}`);
  }, 60_000);
});
