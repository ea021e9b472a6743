import { headers } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type NatsServer, startNatsServer } from '#libs/testing/nats-server';
import { openService, type ServiceContext } from './open-service.ts';

const stop = new AbortController();
let server: NatsServer;
let context: ServiceContext;

beforeAll(async () => {
  server = await startNatsServer();
  const env = { NATS_URL: server.url, LOG_LEVEL: 'silent' };
  context = await openService('test', { env, signal: stop.signal });
});
afterAll(async () => {
  stop.abort();
  await context[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const question = { headers: headers(), timeoutMs: 5_000 };

it('gives each of a thousand questions its own answer', async () => {
  const { nc, ask } = context.bus;
  nc.subscribe('echo', { callback: (_, message) => void message.respond(message.data) });
  const asked = Array.from({ length: 1_000 }, (_, n) => String(n));
  const answers = await Promise.all(asked.map((text) => ask('echo', text, question)));
  expect(answers.map((answer) => answer.string())).toEqual(asked);
});

it('rejects at once when nobody listens, and in time when nobody answers', async () => {
  const { nc, ask } = context.bus;
  await expect(ask('nobody', '', question)).rejects.toThrow('nobody listens');
  nc.subscribe('silence', { callback: () => {} });
  await expect(ask('silence', '', { timeoutMs: 50 })).rejects.toThrow('timeout');
});

it('rejects what is under way when its connection ends', async () => {
  const env = { NATS_URL: server.url, LOG_LEVEL: 'silent' };
  const other = await openService('test', { env, signal: stop.signal });
  other.bus.nc.subscribe('silence', { callback: () => {} });
  const under = expect(other.bus.ask('silence', '', question)).rejects.toThrow('the connection is closed');
  await other[Symbol.asyncDispose]();
  await under;
});
