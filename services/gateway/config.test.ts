import { expect, it } from 'vitest';
import { readConfig } from '#libs/runtime/config';
import { gatewaySettingsSchema } from './config.ts';

const read = (env: NodeJS.ProcessEnv) => readConfig(gatewaySettingsSchema, env);

it('has the defaults that the documents name', () => {
  expect(read({})).toMatchObject({
    GATEWAY_HOST: '127.0.0.1',
    GATEWAY_PORT: 9000,
    GATEWAY_ANONYMOUS_SCOPES: [],
    GATEWAY_WAIT_SECONDS: 110,
    HEMOSTAT_REQUEST_TTL_SECONDS: 900,
    HEMOSTAT_STABILITY_SECONDS: 5,
    HEMOSTAT_VERIFY_TIMEOUT_SECONDS: 60,
    TARGET_API_CONTAINER: 'target_server_api',
    TARGET_DB_CONTAINER: 'target_server_db',
    RESPONDER_DRY_RUN: false,
  });
});

it('names every setting that cannot be used, and never shows a token', () => {
  const env = {
    GATEWAY_PORT: 'http',
    GATEWAY_ANONYMOUS_SCOPES: 'observe,everything',
    GATEWAY_TOKEN: 'too short',
    GATEWAY_WAIT_SECONDS: '111',
    TARGET_API_CONTAINER: '../x',
  };
  expect(() => read(env)).toThrow(
    /GATEWAY_PORT.*GATEWAY_TOKEN.*GATEWAY_ANONYMOUS_SCOPES.*GATEWAY_WAIT_SECONDS.*TARGET_API_CONTAINER/s,
  );
  expect(() => read(env)).not.toThrow('too short');
});
