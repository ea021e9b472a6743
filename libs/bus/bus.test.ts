import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Problem } from '#libs/contracts/problem';
import {
  buckets,
  consumers,
  deadAll,
  finishedSubject,
  inboxSubject,
  requestedSubject,
  streams,
} from '#libs/contracts/subjects';
import { currentTraceId } from '#libs/runtime/tracing';
import { type NatsServer, startNatsServer } from '#libs/testing/nats-server';
import { until } from '#libs/testing/until';
import { openCells } from './cell-store.ts';
import { consume } from './consume.ts';
import { buryDead } from './dead-letter.ts';
import { readFact, stateFact } from './fact.ts';
import { publishStored, subscribe } from './live.ts';
import { openService, type ServiceContext } from './open-service.ts';
import { callRpc, serve, serveRpc } from './rpc.ts';

const bodySchema = z.strictObject({ value: z.number() });
const stop = new AbortController();
let server: NatsServer;
let a: ServiceContext;
let b: ServiceContext;
const open = () =>
  openService('test', { env: { NATS_URL: server.url, LOG_LEVEL: 'silent' }, signal: stop.signal });

beforeAll(async () => {
  server = await startNatsServer();
  [a, b] = await Promise.all([open(), open()]);
});
afterAll(async () => {
  stop.abort();
  await Promise.all([a[Symbol.asyncDispose](), b[Symbol.asyncDispose]()]);
  await server[Symbol.asyncDispose]();
});

describe('stateFact', () => {
  const state = (who: ServiceContext, subject: string, value: number) =>
    stateFact(who.bus, subject, bodySchema, { value });

  it('stores one of fifty contradicting facts, and shows every loser the winner', async () => {
    const subject = requestedSubject(randomUUID());
    const stated = await Promise.all(
      Array.from({ length: 50 }, (_, value) => state(value % 2 === 0 ? a : b, subject, value)),
    );
    expect(stated.filter((each) => each.kind === 'stored')).toHaveLength(1);
    expect(new Set(stated.map((each) => each.body.value)).size).toBe(1);
  });

  it('recognises a duplicate as its own by the nonce of its process', async () => {
    const subject = requestedSubject(randomUUID());
    await state(a, subject, 1);
    expect(await state(a, subject, 2)).toEqual({ kind: 'duplicate', mine: true, body: { value: 1 } });
    expect(await state(b, subject, 3)).toEqual({ kind: 'duplicate', mine: false, body: { value: 1 } });
  });

  it('goes on through a server that is killed in the middle, and the fact is there once', async () => {
    const subject = requestedSubject(randomUUID());
    await server.kill9();
    const stating = state(a, subject, 7);
    await server.restart();
    expect((await stating).body).toEqual({ value: 7 });
    expect((await readFact(b.bus, subject, bodySchema))?.body).toEqual({ value: 7 });
  });

  it('keeps a fact refused for ever, also after a restart of the server', async () => {
    const subject = requestedSubject(randomUUID());
    await state(a, subject, 1);
    await server.kill9();
    await server.restart();
    expect((await state(b, subject, 2)).kind).toBe('duplicate');
  });
});

describe('cells', () => {
  it('lose no update when eight writers raise one counter', async () => {
    const key = `target.${randomUUID()}`;
    const stores = await Promise.all([a, b].map((each) => openCells(each.bus, buckets.safety, bodySchema)));
    const raise = async (writer: number): Promise<void> => {
      const store = stores[writer % 2];
      for (let done = 0; done < 20; ) {
        const { value, revision } = (await store?.read(key)) ?? { value: undefined, revision: 0 };
        const next = { value: (value?.value ?? 0) + 1 };
        if ((await store?.compareAndSet(key, revision, next)) === 'stored') done += 1;
      }
    };
    await Promise.all(Array.from({ length: 8 }, (_, writer) => raise(writer)));
    expect((await stores[0]?.read(key))?.value).toEqual({ value: 160 });
  });
});

describe('cells that the server will not store', () => {
  it('are refused aloud, and not taken for a conflict that another try would solve', async () => {
    const store = await openCells(a.bus, buckets.safety, bodySchema);
    const stream = `KV_${buckets.safety}`;
    await a.bus.jsm.streams.update(stream, { max_bytes: 1 });
    await expect(store.compareAndSet(`target.${randomUUID()}`, 0, { value: 1 })).rejects.toThrow();
    await a.bus.jsm.streams.update(stream, { max_bytes: -1 });
    expect(await store.compareAndSet(`target.${randomUUID()}`, 0, { value: 1 })).toBe('stored');
  });
});

describe('consume', () => {
  it('delivers a message again after its handler threw, until it is handled', async () => {
    const tries: number[] = [];
    await using _ = consume(a.bus, {
      stream: streams.inbox,
      consumer: consumers.inbox,
      ackWaitMs: 5_000,
      prefetch: 10,
      handle: async (delivery) => {
        tries.push(delivery.deliveryCount);
        if (tries.length < 3) throw new Error('not yet');
        return 'ack';
      },
    });
    await publishStored(b.bus, inboxSubject, { any: 'thing' });
    await until('the third try', () => tries.length === 3 || undefined);
    expect(tries).toEqual([1, 2, 3]);
  });

  it('goes on in the trace and the remediation of a message that is delivered again, also in the log', async () => {
    const id = randomUUID();
    const traces: (string | undefined)[] = [];
    const lines: string[] = [];
    await using service = await openService('test', {
      env: { NATS_URL: server.url, LOG_LEVEL: 'warn' },
      signal: new AbortController().signal,
      logDestination: { write: (line) => void lines.push(line) },
    });
    await using _ = consume(service.bus, {
      stream: streams.facts,
      consumer: consumers.finished,
      ackWaitMs: 5_000,
      prefetch: 10,
      handle: async ({ traceId }) => {
        traces.push(traceId, currentTraceId());
        if (traces.length < 4) throw new Error('not yet');
        return 'ack';
      },
    });
    await stateFact(b.bus, finishedSubject(id), z.object({}), {});
    await until('the second try', () => traces.length === 4 || undefined);
    expect(new Set(traces)).toEqual(new Set([traces[0]]));
    expect(lines.map((line): unknown => JSON.parse(line))).toMatchObject([
      { remediation_id: id, trace_id: traces[0] },
    ]);
  });

  it('buries what can never be handled with its reason and its bytes', async () => {
    const letters: Record<string, unknown>[] = [];
    using _heard = subscribe(b.bus, deadAll, z.record(z.string(), z.unknown()), (body) => letters.push(body));
    await using _ = consume(a.bus, {
      stream: streams.inbox,
      consumer: consumers.inbox,
      ackWaitMs: 5_000,
      prefetch: 10,
      handle: async (delivery) => {
        await buryDead(a.bus, delivery, 'not_json', 'body: is not JSON');
        return 'ack';
      },
    });
    b.bus.nc.publish(inboxSubject, new Uint8Array([0xff, 0xfe, 0x00]));
    expect(await until('the letter', () => letters[0])).toMatchObject({
      reason: 'not_json',
      subject: inboxSubject,
      payload: '//4A',
      encoding: 'base64',
    });
  });
});

describe('rpc', () => {
  const verb = { request: bodySchema, reply: bodySchema };
  const call = (subject: string, request: unknown) =>
    callRpc(b.bus, subject, verb, request as { value: number }, { timeoutMs: 2_000 });

  it("brings a service's own problem to the caller, and names bad fields", async () => {
    const refuse = async (): Promise<{ value: number }> => {
      throw new Problem('docker_unavailable', 'Docker is away.', { extras: { engine: 'local' } });
    };
    await using _ = await serveRpc(a.bus, { name: 'test', version: '0.0.0', description: '' }, [
      serve('double', 'hemostat.rpc.test.double', verb, async ({ value }) => ({ value: value * 2 })),
      serve('refuse', 'hemostat.rpc.test.refuse', verb, refuse),
    ]);
    expect(await call('hemostat.rpc.test.double', { value: 21 })).toEqual({ value: 42 });
    await expect(call('hemostat.rpc.test.refuse', { value: 1 })).rejects.toMatchObject({
      code: 'docker_unavailable',
      message: 'Docker is away.',
      extras: { engine: 'local' },
    });
    await expect(call('hemostat.rpc.test.double', { value: 'x', more: 1 })).rejects.toMatchObject({
      code: 'invalid_request',
      errors: [expect.objectContaining({ field: 'value' }), expect.objectContaining({ field: 'more' })],
    });
  });

  it('says which service does not answer when nobody listens', async () => {
    await expect(call('hemostat.rpc.nobody.there', { value: 1 })).rejects.toMatchObject({
      code: 'service_unavailable',
      message: expect.stringContaining('nobody'),
    });
  });
});
