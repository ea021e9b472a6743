import { expect, it } from 'vitest';
import { readConfig } from '#libs/runtime/config';
import { executorSettingsSchema } from './config.ts';
import { openDocker } from './docker/connection.ts';

const read = (env: NodeJS.ProcessEnv) => readConfig(executorSettingsSchema, env);

it('looks for the engine at the default socket', () => {
  expect(read({}).DOCKER_HOST).toEqual({ kind: 'unix', path: '/var/run/docker.sock' });
});

it('says what an address of an engine looks like when DOCKER_HOST is none', () => {
  expect(() => read({ DOCKER_HOST: 'npipe:////./pipe/docker_engine' })).toThrow(
    /DOCKER_HOST: .*unix:\/\/\/var\/run\/docker.sock/,
  );
});

it('says what is missing in the folder of the certificates', () => {
  const settings = read({ DOCKER_HOST: 'tcp://docker:2376', DOCKER_CERT_PATH: '/nowhere' });
  expect(() => openDocker(settings)).toThrow(/DOCKER_CERT_PATH: .*ca\.pem/);
});
