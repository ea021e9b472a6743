import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stateFact } from '#libs/bus/fact';
import { openService, type ServiceContext } from '#libs/bus/open-service';
import { completeSchema, decidedSchema } from '#libs/contracts/facts';
import { completeSubject, decidedSubject } from '#libs/contracts/subjects';
import { toInstant } from '#libs/runtime/instant';
import { aTarget } from '#libs/testing/examples';
import { type NatsServer, startNatsServer } from '#libs/testing/nats-server';
import { type Ends, hearEnds } from './watch.ts';

const stop = new AbortController();
let server: NatsServer;
let context: ServiceContext;
let ends: Ends;
beforeAll(async () => {
  server = await startNatsServer();
  context = await openService('test', {
    env: { NATS_URL: server.url, LOG_LEVEL: 'silent' },
    signal: stop.signal,
  });
  ends = await hearEnds(context.bus, stop.signal);
});
afterAll(async () => {
  stop.abort();
  ends[Symbol.dispose]();
  await context[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const waiting = { engine: 'local', waitMs: 10_000, signal: stop.signal, lookFirst: false };

const complete = (id: string) =>
  stateFact(context.bus, completeSubject(id), completeSchema, {
    type: 'complete',
    remediation_id: id,
    at: toInstant(Date.now()),
    outcome: 'recovered',
    message: 'it is well',
    reached_docker: true,
    execution_log: [],
    targets: [aTarget()],
  });

const refused = (id: string) =>
  stateFact(context.bus, decidedSubject(id, 'local'), decidedSchema, {
    type: 'decided',
    remediation_id: id,
    at: toInstant(Date.now()),
    verdict: 'refused',
    outcome: 'rejected',
    gates: [],
    reason: 'cooldown_active',
    message: 'it rests',
  });

it('tells every one of fifty who wait for the same end, and of no other', async () => {
  const [id, other] = [randomUUID(), randomUUID()];
  using watches = new DisposableStack();
  const waits = Array.from({ length: 50 }, () => watches.use(ends.watch(id)).terminal(waiting));
  await complete(other);
  await complete(id);
  const ids = (await Promise.all(waits)).map((end) => end?.fact.remediation_id);
  expect(new Set(ids)).toEqual(new Set([id]));
});

it('knows an end that came between the start of listening and of waiting', async () => {
  const id = randomUUID();
  using watch = ends.watch(id);
  await complete(id);
  await context.bus.nc.flush();
  expect(await watch.terminal({ ...waiting, waitMs: 0 })).toMatchObject({ kind: 'complete' });
});

it('goes on over a restart of the server, and finds by looking what it did not hear', async () => {
  const id = randomUUID();
  await refused(id);
  await server.kill9();
  using watch = ends.watch(id);
  const end = watch.terminal({ ...waiting, lookFirst: true });
  await server.restart();
  expect(await end).toMatchObject({ kind: 'decided', fact: { verdict: 'refused' } });
});

it('stops waiting when the caller leaves', async () => {
  using watch = ends.watch(randomUUID());
  const leaving = new AbortController();
  const end = watch.terminal({ ...waiting, waitMs: 60_000, signal: leaving.signal });
  leaving.abort();
  expect(await end).toBeUndefined();
});
