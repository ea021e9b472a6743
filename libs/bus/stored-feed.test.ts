import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { allFacts, anyComplete, completeSubject, storedCopyOf, streams } from '#libs/contracts/subjects';
import { type NatsServer, startNatsServer } from '#libs/testing/nats-server';
import { until } from '#libs/testing/until';
import { stateFact } from './fact.ts';
import { nonceHeader } from './headers.ts';
import { openService, type ServiceContext } from './open-service.ts';
import { hearStored } from './stored-feed.ts';

const bodySchema = z.strictObject({ value: z.number() });
const stop = new AbortController();
let server: NatsServer;
let context: ServiceContext;
const open = () =>
  openService('test', { env: { NATS_URL: server.url, LOG_LEVEL: 'silent' }, signal: stop.signal });
beforeAll(async () => {
  server = await startNatsServer();
  context = await open();
});
afterAll(async () => {
  stop.abort();
  await context[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const state = (id: string, value: number) =>
  stateFact(context.bus, completeSubject(id), bodySchema, { value });

/** States a fact, then another on the same subject, which the stream refuses; tells what of it was heard. */
async function heardOfTwo(wants: (subject: string) => boolean = () => true) {
  const heard: [string, unknown][] = [];
  const feed = {
    subjects: [anyComplete],
    wants,
    onFact: (subject: string, body: unknown) => void heard.push([subject, body]),
  };
  using _ = await hearStored(context.bus, feed, stop.signal);
  const [id, last] = [randomUUID(), randomUUID()];
  await state(id, 1);
  expect((await state(id, 2)).kind).toBe('duplicate');
  await state(last, 3);
  await until('the last is heard', () => heard.find(([subject]) => subject === completeSubject(last)));
  return heard.filter(([subject]) => subject === completeSubject(id)).map(([, body]) => body);
}

async function withoutCopies(): Promise<void> {
  await context.bus.jsm.streams.delete(streams.facts);
  await context.bus.jsm.streams.add({ name: streams.facts, subjects: [allFacts] });
}

it('hears what was stored, once, and nothing of a publish that the stream refused', async () => {
  expect(await heardOfTwo()).toEqual([{ value: 1 }]);
});

it('leaves the trace and the nonce on the copy, and says where the original stands', async () => {
  const id = randomUUID();
  const copy = context.bus.nc.subscribe(storedCopyOf(completeSubject(id)), { max: 1 });
  await state(id, 1);
  for await (const { headers } of copy) {
    expect(headers?.get(nonceHeader)).toBe(context.bus.nonce);
    expect(headers?.get('Nats-Subject')).toBe(completeSubject(id));
    expect(Number(headers?.get('Nats-Sequence'))).toBeGreaterThan(0);
  }
});

it('reads what it hears where the server does not say it again', async () => {
  await withoutCopies();
  const heard = await heardOfTwo();
  expect(new Set(heard.map((body) => JSON.stringify(body)))).toEqual(new Set(['{"value":1}']));
});

it('is set up on a stream that was made without it, by a server that can', async () => {
  await withoutCopies();
  await using _ = await open();
  const { config } = await context.bus.jsm.streams.info(streams.facts);
  const version = context.bus.nc.info?.version;
  expect(config.republish?.dest ?? version).toMatch(/^hemostat\.stored\.|^2\.9\./);
  expect((await heardOfTwo())[0]).toEqual({ value: 1 });
});

it('does not look at what nobody cares for', async () => {
  const asked: string[] = [];
  const wants = (subject: string) => {
    asked.push(subject);
    return subject !== asked[0];
  };
  expect(await heardOfTwo(wants)).toEqual([]);
});
