import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '#libs/runtime/clock';
import { readConfig } from '#libs/runtime/config';
import { createHealth, type Health } from '#libs/runtime/health';
import { createLog } from '#libs/runtime/log';
import { startContainer } from '#libs/testing/container';
import { startOwnEngine, testEngine } from '#libs/testing/docker-engine';
import { busyboxImage } from '#libs/testing/images';
import { until } from '#libs/testing/until';
import { executorSettingsSchema } from '../config.ts';
import { type DockerEngine, openEngine } from '../docker/docker-engine.ts';
import { DockerError } from '../docker/docker-error.ts';
import { type Inventory, openInventory } from './inventory.ts';

const log = createLog({ service: 'test', level: 'silent', format: 'json' });
const { docker, dockerHost } = testEngine();

type Open = { engine: DockerEngine; inventory: Inventory; health: Health; lists: () => number };

async function open(host: string, stack: AsyncDisposableStack): Promise<Open> {
  const real = stack.use(openEngine(readConfig(executorSettingsSchema, { DOCKER_HOST: host })));
  let lists = 0;
  const engine: DockerEngine = {
    ...real,
    list: () => {
      lists += 1;
      return real.list();
    },
  };
  const health = createHealth();
  const protection = { names: [], ownId: '' };
  const inventory = stack.use(
    openInventory({ engineName: 'local', engine, protection, clock: systemClock, log, health }),
  );
  return { engine, inventory, health, lists: () => lists };
}

describe('the inventory', () => {
  const stack = new AsyncDisposableStack();
  let image: string;
  let opened: Open;
  beforeAll(async () => {
    image = await busyboxImage(docker);
    opened = await open(dockerHost, stack);
    await until('connected', () => opened.health.snapshot().ok || undefined);
  });
  afterAll(() => stack.disposeAsync());
  const sleeper = () => startContainer(docker, { image, cmd: ['sleep', '1000'] });

  it('finds a container that was made a moment ago, and misses one that was removed', async () => {
    const { inventory } = opened;
    const patient = await sleeper();
    expect(await inventory.resolve(patient.name)).toMatchObject({
      status: 'resolved',
      resolved: { container_id: patient.id, target: { kind: 'container', name: patient.name } },
    });
    await patient[Symbol.asyncDispose]();
    await until('it is missed', async () =>
      (await inventory.resolve(patient.name)).status === 'not_found' ? true : undefined,
    );
  });

  it('hears of a new name without being asked', async () => {
    const { inventory } = opened;
    await using patient = await sleeper();
    await inventory.resolve(patient.name);
    await patient.container.rename({ name: `${patient.name}-renamed` });
    await until('the old name is forgotten', async () => {
      const { all } = await inventory.current();
      return all.some(({ name }) => name === `${patient.name}-renamed`) || undefined;
    });
  });

  it('answers thousands of questions from memory without asking the engine', async () => {
    await using patient = await sleeper();
    await until('it is known', async () => {
      const { all } = await opened.inventory.current();
      return all.some(({ id }) => id === patient.id) || undefined;
    });
    const before = opened.lists();
    for (let n = 0; n < 5_000; n += 1) await opened.inventory.resolve(patient.name);
    expect(opened.lists()).toBe(before);
  });

  it('asks the engine a few times for a flood of unknown names', async () => {
    const before = opened.lists();
    const names = Array.from({ length: 2_000 }, (_, n) => `nobody-${n}`);
    const found = await Promise.all(names.map((name) => opened.inventory.resolve(name)));
    expect(new Set(found.map(({ status }) => status))).toEqual(new Set(['not_found']));
    expect(opened.lists() - before).toBeLessThanOrEqual(3);
  });
});

describe('without an engine', () => {
  it('nothing is found, the health says why, and everything goes on when it comes back', async (context) => {
    const engine = await startOwnEngine();
    if (!engine) return context.skip();
    await using stack = new AsyncDisposableStack();
    stack.use(engine);
    const { inventory, health } = await open(engine.dockerHost, stack);
    await until('connected', () => health.snapshot().ok || undefined);
    await engine.kill9();
    await until('the loss is noticed', () => !health.snapshot().ok || undefined);
    await expect(inventory.resolve('web')).rejects.toThrow(DockerError);
    expect(health.snapshot().parts.docker).toMatchObject({ ok: false, remedy: expect.any(String) });
    await engine.restart();
    await until('it goes on', () => health.snapshot().ok || undefined);
    expect((await inventory.resolve('web')).status).toBe('not_found');
  });

  it('a missing socket is told with cause and remedy', async () => {
    await using stack = new AsyncDisposableStack();
    const { inventory, health } = await open('unix:///nowhere/docker.sock', stack);
    await expect(inventory.resolve('web')).rejects.toThrow('/nowhere/docker.sock does not exist');
    await until('told', () => health.snapshot().parts.docker);
    expect(health.snapshot().parts.docker).toMatchObject({
      cause: expect.stringContaining('Cannot connect to the Docker daemon'),
      remedy: expect.stringContaining('DOCKER_HOST'),
    });
  });
});
