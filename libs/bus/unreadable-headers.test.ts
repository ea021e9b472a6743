import { randomUUID } from 'node:crypto';
import { afterAll, expect, it } from 'vitest';
import { z } from 'zod';
import { consumers, requestedSubject, streams } from '#libs/contracts/subjects';
import { startBusGround } from '#libs/testing/bus-ground';
import { aRequested } from '#libs/testing/examples';
import { openRawClient } from '#libs/testing/raw-nats-client';
import { until } from '#libs/testing/until';
import { consume, type Delivery } from './consume.ts';
import { readFact } from './fact.ts';
import { serve, serveRpc } from './rpc.ts';

const ground = await startBusGround();
const { bus } = ground.context;
const inbox = '_INBOX.unreadable';
const client = await openRawClient(ground.server.port, inbox);
afterAll(async () => {
  await client[Symbol.asyncDispose]();
  await ground[Symbol.asyncDispose]();
});
// The client throws at a blank in a name, whenever the headers are looked at.
const headers = Buffer.from('NATS/1.0\r\na b: c\r\nNats-Msg-Id: x\r\n\r\n');

it('a message with headers that nobody can read is handled once, and says so', async () => {
  const id = randomUUID();
  const payload = Buffer.from(JSON.stringify(aRequested({ id })));
  await client.publish([{ subject: requestedSubject(id), headers, payload }]);
  const handled: Delivery[] = [];
  await using _ = consume(bus, {
    stream: streams.facts,
    consumer: consumers.requests,
    ackWaitMs: 5_000,
    prefetch: 1,
    handle: async (delivery) => {
      handled.push(delivery);
      return 'ack';
    },
  });
  await until('it is handled', () => handled.length > 0 || undefined);
  expect(handled).toMatchObject([{ hasUnreadableHeaders: true, deliveryCount: 1, traceId: undefined }]);
  expect(handled[0]?.header('Nats-Msg-Id')).toBeUndefined();
  expect(await readFact(bus, requestedSubject(id), z.looseObject({}))).toMatchObject({ nonce: undefined });
});

it('a question with headers that nobody can read is answered', async () => {
  const verb = { request: z.looseObject({}), reply: z.looseObject({}) };
  const ping = serve('ping', 'hemostat.rpc.test.ping', verb, async () => ({ well: true }));
  await using _ = await serveRpc(bus, { name: 'test', version: '1.0.0', description: 'answers' }, [ping]);
  const question = { subject: 'hemostat.rpc.test.ping', headers, payload: Buffer.from('{}') };
  await client.publish([question], () => `${inbox}.1`);
  await until('it is answered', () => client.answers.length > 0 || undefined);
  expect(client.answers).toMatchObject([{ body: '{"well":true}' }]);
});
