import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startContainer } from './container.ts';
import { startOwnEngine, testEngine } from './docker-engine.ts';
import { busyboxImage } from './images.ts';

async function engineOrSkip(skip: (reason: string) => never) {
  const engine = await startOwnEngine();
  if (engine === undefined) return skip('this machine allows no engine of the test’s own');
  onTestFinished(() => engine[Symbol.asyncDispose]());
  return engine;
}

test('the engine of the run answers', async () => {
  expect(String(await testEngine().docker.ping())).toBe('OK');
});

test('a further engine shares nothing with the engine of the run', async ({ skip }) => {
  const { docker } = await engineOrSkip(skip);
  await using _there = await startContainer(testEngine().docker, {
    image: await busyboxImage(testEngine().docker),
    cmd: ['sleep', '1000'],
  });
  expect(await docker.listContainers({ all: true })).toEqual([]);
  expect(await docker.listImages()).toEqual([]);
});

test('an engine that was killed keeps its containers, stopped, over a restart', async ({ skip }) => {
  const engine = await engineOrSkip(skip);
  const image = await busyboxImage(engine.docker);
  await using patient = await startContainer(engine.docker, { image, cmd: ['sleep', '1000'] });
  await engine.kill9();
  await expect(engine.docker.ping()).rejects.toThrow('ECONNREFUSED');
  await engine.restart();
  expect((await patient.container.inspect()).State.Running).toBe(false);
});

test('a frozen engine answers nothing until it is thawed', async ({ skip }) => {
  const engine = await engineOrSkip(skip);
  await engine.pause();
  const listing = engine.docker.listContainers({ abortSignal: AbortSignal.timeout(200) });
  await expect(listing).rejects.toThrow('aborted');
  await engine.resume();
  expect(String(await engine.docker.ping())).toBe('OK');
});

test('an engine leaves no folder behind', async ({ skip }) => {
  const engine = await engineOrSkip(skip);
  await engine[Symbol.asyncDispose]();
  expect(existsSync(dirname(engine.socketPath))).toBe(false);
});
