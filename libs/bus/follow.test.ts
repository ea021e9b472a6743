import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { completeSchema, type Fact, finishedSchema, requestedSchema } from '#libs/contracts/facts';
import { completeSubject, finishedSubject, requestedSubject } from '#libs/contracts/subjects';
import { toInstant } from '#libs/runtime/instant';
import { type BusGround, startBusGround } from '#libs/testing/bus-ground';
import { aRequested, aTarget } from '#libs/testing/examples';
import type { NatsServer } from '#libs/testing/nats-server';
import { until } from '#libs/testing/until';
import { stateFact } from './fact.ts';
import { followAllFacts, followFacts, lastFact, sequenceOfEnd } from './follow.ts';
import { publishStored } from './live.ts';
import type { ServiceContext } from './open-service.ts';

let ground: BusGround;
let server: NatsServer;
let context: ServiceContext;
beforeAll(async () => {
  ground = await startBusGround();
  ({ server, context } = ground);
});
afterAll(() => ground[Symbol.asyncDispose]());

const end = (id: string) => ({
  remediation_id: id,
  at: toInstant(Date.now()),
  outcome: 'recovered' as const,
  message: 'it is well',
  reached_docker: true,
  execution_log: [],
});
const request = (id: string) =>
  stateFact(context.bus, requestedSubject(id), requestedSchema, aRequested({ id }));
const finish = (id: string) =>
  stateFact(context.bus, finishedSubject(id), finishedSchema, { type: 'finished', ...end(id) });
const complete = (id: string) =>
  stateFact(context.bus, completeSubject(id), completeSchema, {
    type: 'complete',
    ...end(id),
    targets: [aTarget()],
  });

type Seen = { readonly types: Fact['type'][]; readonly sequences: number[]; readonly ended: Promise<void> };

function follow(id: string, after = 0, signal = ground.signal): Seen {
  const seen = { types: [] as Fact['type'][], sequences: [] as number[] };
  const read = async (): Promise<void> => {
    for await (const fact of followFacts(context.bus, id, after, signal)) {
      seen.types.push(fact.body.type);
      seen.sequences.push(fact.sequence);
    }
  };
  return { ...seen, ended: read() };
}

it('tells what stands and then what comes, each once, and ends with the terminal fact', async () => {
  const [id, other] = [randomUUID(), randomUUID()];
  await request(id);
  const following = follow(id);
  await until('it told what stands', () => following.types.length === 1);
  await request(other);
  await finish(id);
  expect((await finish(id)).kind).toBe('duplicate');
  await complete(other);
  await complete(id);
  await following.ended;
  expect(following.types).toEqual(['requested', 'finished', 'complete']);
  expect(following.sequences).toEqual(following.sequences.toSorted((a, b) => a - b));
});

it('goes on after any fact that it is told to begin after', async () => {
  const id = randomUUID();
  await request(id);
  await finish(id);
  await complete(id);
  const whole = follow(id);
  await whole.ended;
  for (const [at, sequence] of whole.sequences.slice(0, -1).entries()) {
    const rest = follow(id, sequence);
    await rest.ended;
    expect(rest.types).toEqual(whole.types.slice(at + 1));
  }
  expect(await sequenceOfEnd(context.bus, aRequested({ id }))).toBe(whole.sequences.at(-1));
});

it('leaves out nothing and repeats nothing over a server that is killed again and again', async () => {
  const id = randomUUID();
  await request(id);
  const following = follow(id);
  await until('it told what stands', () => following.types.length === 1);
  await server.kill9();
  const finishing = finish(id);
  await server.restart();
  await finishing;
  await until('it told the next', () => following.types.length === 2);
  await server.kill9();
  await server.restart();
  await complete(id);
  await following.ended;
  expect(following.types).toEqual(['requested', 'finished', 'complete']);
});

it('misses and repeats nothing of facts that are stated while followers begin', async () => {
  const id = randomUUID();
  await request(id);
  const followers: Seen[] = [];
  const finishing = finish(id).then(() => complete(id));
  for (let n = 0; n < 30; n += 1) {
    followers.push(follow(id));
    await context.bus.nc.flush();
  }
  await finishing;
  await Promise.all(followers.map(({ ended }) => ended));
  for (const { types } of followers) expect(types).toEqual(['requested', 'finished', 'complete']);
});

it('ends when it is told to', async () => {
  const leaving = new AbortController();
  const following = follow(randomUUID(), 0, leaving.signal);
  leaving.abort();
  await following.ended;
  expect(following.types).toEqual([]);
});

it('tells of every remediation from where it begins, in the order of the stream, and does not end with one of them', async () => {
  const [first, second] = [randomUUID(), randomUUID()];
  await request(first);
  const stopped = new AbortController();
  const ids: string[] = [];
  const reading = (async () => {
    for await (const { body } of followAllFacts(context.bus, await lastFact(context.bus), stopped.signal))
      ids.push(body.remediation_id);
  })();
  await request(second);
  await complete(first);
  await complete(second);
  await until('all three are told', () => ids.length === 3);
  expect(ids).toEqual([second, first, second]);
  stopped.abort();
  await reading;
});

it('leaves out of them what cannot be read, and goes on', async () => {
  const stopped = new AbortController();
  const sequences: number[] = [];
  const after = await lastFact(context.bus);
  const id = randomUUID();
  await publishStored(context.bus, finishedSubject(id), { type: 'of another version' });
  await request(id);
  for await (const { sequence } of followAllFacts(context.bus, after, stopped.signal)) {
    sequences.push(sequence);
    stopped.abort();
  }
  expect(sequences).toEqual([after + 2]);
});
