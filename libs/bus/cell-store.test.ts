import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { buckets } from '#libs/contracts/subjects';
import { type BusGround, startBusGround } from '#libs/testing/bus-ground';
import { startLossyWay } from '#libs/testing/lossy-way';
import { ManualClock } from '#libs/testing/manual-clock';
import { openRawClient } from '#libs/testing/raw-nats-client';
import { until } from '#libs/testing/until';
import { type CellStore, openCells } from './cell-store.ts';
import { openService, type ServiceContext } from './open-service.ts';

let ground: BusGround;
let context: ServiceContext;
let store: CellStore<number>;
beforeAll(async () => {
  ground = await startBusGround();
  ({ context } = ground);
  store = await openCells(context.bus, buckets.safety, z.number());
});
afterAll(() => ground[Symbol.asyncDispose]());

const stored = async (): Promise<number> =>
  (await context.bus.jsm.streams.info(`KV_${buckets.safety}`)).state.messages;

describe('forgetting a value', () => {
  it('leaves nothing behind, of it or of what it was before, and others as they are', async () => {
    const [key, other] = [`act.${randomUUID()}`, `act.${randomUUID()}`];
    await store.compareAndSet(other, 0, 7);
    const before = await stored();
    await store.compareAndSet(key, 0, 1);
    await store.compareAndSet(key, (await store.read(key)).revision, 2);
    await store.forget(key, (await store.read(key)).revision);
    expect(await stored()).toBe(before);
    expect(await store.read(key)).toEqual({ value: undefined, revision: 0 });
    expect((await store.read(other)).value).toBe(7);
  });

  it('does not take what was written since it was read', async () => {
    const key = `act.${randomUUID()}`;
    await store.compareAndSet(key, 0, 1);
    const { revision } = await store.read(key);
    await store.compareAndSet(key, revision, 2);
    await store.forget(key, revision);
    expect((await store.read(key)).value).toBe(2);
  });

  it('lets the key be written as if it had never been', async () => {
    const key = `act.${randomUUID()}`;
    await store.compareAndSet(key, 0, 1);
    await store.forget(key, (await store.read(key)).revision);
    expect(await store.compareAndSet(key, 0, 3)).toBe('stored');
  });
});

it('a watcher hears of every value but those that nobody can read', async () => {
  const [poison, mangled, good] = ['poison', 'mangled', 'good'].map((name) => `act.${name}-${randomUUID()}`);
  if (!poison || !mangled || !good) throw new Error('three keys');
  await context.bus.js.publish(`$KV.${buckets.safety}.${poison}`, '{"no": "number"}');
  await using client = await openRawClient(ground.server.port, '_INBOX.raw');
  const headers = Buffer.from('NATS/1.0\r\na b: c\r\n\r\n');
  await client.publish([{ subject: `$KV.${buckets.safety}.${mangled}`, headers, payload: Buffer.from('5') }]);
  expect((await store.read(mangled)).value).toBe(5);
  await store.compareAndSet(good, 0, 7);
  const heard = new Map<string, number>();
  const stop = new AbortController();
  const watching = store.watch('act.*', (key, value) => heard.set(key, value), stop.signal);
  await until('the good one is heard', () => heard.get(good));
  await store.compareAndSet(good, (await store.read(good)).revision, 8);
  await until('the watch goes on', () => heard.get(good) === 8 || undefined);
  expect(heard.has(poison)).toBe(false);
  expect(await store.keys('act.*')).toContain(good);
  stop.abort();
  await watching;
});

it('a watcher hears, late, also of the last value, which got lost on the way', async () => {
  const clock = new ManualClock();
  await using way = await startLossyWay(ground.server.port);
  await using far = await openService('test', {
    env: { ...ground.env, NATS_URL: `nats://127.0.0.1:${way.port}` },
    signal: ground.signal,
    clock,
  });
  const key = `act.${randomUUID()}`;
  await store.compareAndSet(key, 0, 1);
  const stop = new AbortController();
  let heard: number | undefined;
  const watching = (await openCells(far.bus, buckets.safety, z.number())).watch(
    key,
    (_key, value) => {
      heard = value;
    },
    stop.signal,
  );
  await until('the first value is heard', () => heard === 1);
  way.loseAnswers();
  await store.compareAndSet(key, (await store.read(key)).revision, 2);
  way.breakOff();
  await until('it is connected again', () =>
    far.bus.nc.rtt().then(
      () => true,
      () => undefined,
    ),
  );
  await clock.advance(121_000);
  await until('the last value is heard', () => heard === 2);
  stop.abort();
  await clock.advance(1_000);
  await watching;
});
