import { headers } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BusGround, startBusGround } from '#libs/testing/bus-ground';
import { openService, type ServiceContext } from './open-service.ts';

let ground: BusGround;
let context: ServiceContext;

beforeAll(async () => {
  ground = await startBusGround();
  ({ context } = ground);
});
afterAll(() => ground[Symbol.asyncDispose]());

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
  const other = await openService('test', ground);
  other.bus.nc.subscribe('silence', { callback: () => {} });
  const under = expect(other.bus.ask('silence', '', question)).rejects.toThrow('the connection is closed');
  await other[Symbol.asyncDispose]();
  await under;
});
