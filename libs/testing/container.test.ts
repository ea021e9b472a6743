import { expect, test } from 'vitest';
import { publishedPort, startContainer } from './container.ts';
import { countEvents } from './container-events.ts';
import { testEngine } from './docker-engine.ts';
import { busyboxImage, nodeImage } from './images.ts';
import { until } from './until.ts';

const { docker } = testEngine();
const sleeper = { image: await busyboxImage(docker), cmd: ['sleep', '1000'] };

test('a container runs, and is gone when it is disposed', async () => {
  const started = await startContainer(docker, sleeper);
  expect((await started.container.inspect()).State.Running).toBe(true);
  await started[Symbol.asyncDispose]();
  await expect(started.container.inspect()).rejects.toThrow('no such container');
});

test('the restarts that the engine did are counted, and only those of this container', async () => {
  const since = Date.now();
  await using patient = await startContainer(docker, sleeper);
  await using other = await startContainer(docker, sleeper);
  await Promise.all([patient.container.restart(), other.container.restart()]);
  await patient.container.restart();
  expect(await countEvents(docker, { container: patient.name, action: 'restart', since })).toBe(2);
});

test('a published port is reached on 127.0.0.1', async () => {
  const serve = "require('node:http').createServer((_, answer) => answer.end('well')).listen(8000)";
  await using patient = await startContainer(docker, {
    image: await nodeImage(docker),
    cmd: ['node', '-e', serve],
    publish: [8000],
  });
  const url = `http://127.0.0.1:${await publishedPort(patient, 8000)}/`;
  const answer = await until('the patient answers', () =>
    fetch(url).then(
      (response) => response.text(),
      () => undefined,
    ),
  );
  expect(answer).toBe('well');
});

test('a health check is the container’s own', async () => {
  await using patient = await startContainer(docker, {
    ...sleeper,
    healthcheck: { Test: ['CMD', 'true'], Interval: 1e8, Timeout: 1e9, Retries: 1 },
  });
  await until('it is healthy', async () => {
    const { State } = await patient.container.inspect();
    return State.Health?.Status === 'healthy' || undefined;
  });
});

test('restarts are counted that the engine itself has forgotten', async () => {
  const since = Date.now();
  await using patient = await startContainer(docker, sleeper);
  await patient.container.restart();
  for (let times = 0; times < 300; times += 1) {
    await patient.container.rename({ name: `${patient.name}-${times % 2}` });
  }
  expect(await countEvents(docker, { container: patient.id, action: 'restart', since })).toBe(1);
});
