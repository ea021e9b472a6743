import { expect, test } from 'vitest';
import { engineAddress, whyNoAnswer } from './engine-ping.mjs';
import { isInstalledAs } from './npm-lock.mjs';
import { isAtLeast, versionIn } from './versions.mjs';

test.each([
  ['nats-server: v2.9.10', [2, 9], true],
  ['nats-server: v2.8.4', [2, 9], false],
  ['2.26.1-4', [2, 20], true],
  ['3.0', [2, 20], true],
  ['no version here', [2, 9], false],
])('%s is judged against %j', (text, floor, expected) => {
  expect(isAtLeast(versionIn(text), floor)).toBe(expected);
});

const lock = {
  packages: {
    '': { name: 'hemostat' },
    'node_modules/zod': { version: '4.0.0', integrity: 'a' },
    'node_modules/fsevents': { version: '2.0.0', integrity: 'b', optional: true },
  },
};

test('an install by hand counts when it holds what the lock file says', () => {
  const packages = { 'node_modules/zod': { version: '4.0.0', integrity: 'a' } };
  expect(isInstalledAs(lock, { packages })).toBe(true);
});

test.each([
  ['lacks a package', {}],
  ['has another version', { 'node_modules/zod': { version: '4.0.1', integrity: 'c' } }],
])('an install that %s does not count', (_, packages) => {
  expect(isInstalledAs(lock, { packages })).toBe(false);
});

test.each([
  [{ DOCKER_HOST: 'unix:///run/other.sock' }, { socketPath: '/run/other.sock' }],
  [{ DOCKER_HOST: 'tcp://engine:1234' }, { host: 'engine', port: 1234 }],
  [{ DOCKER_HOST: 'engine' }, { host: 'engine', port: 2375 }],
  [{}, { isDefault: true }],
])('%j says where the engine is', (env, expected) => {
  expect(engineAddress(env)).toMatchObject(expected);
});

test('an engine that is there answers, and one that is not says why', async () => {
  expect(await whyNoAnswer(engineAddress())).toBe(undefined);
  expect(await whyNoAnswer(engineAddress({ DOCKER_HOST: 'unix:///nowhere/docker.sock' }))).toBe('ENOENT');
});
