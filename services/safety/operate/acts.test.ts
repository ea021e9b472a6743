import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCells } from '#libs/bus/cell-store';
import { stateFact } from '#libs/bus/fact';
import { openService, type ServiceContext } from '#libs/bus/open-service';
import { callRpc, serve, serveRpc } from '#libs/bus/rpc';
import { type ActRecord, actRecordSchema } from '#libs/contracts/act-record';
import { type Cell, cellSchema, keptControlSchema } from '#libs/contracts/cell';
import { fingerprintOf } from '#libs/contracts/json';
import { executorVerbs, type SafetyAct, safetyActSchema, safetyVerbs } from '#libs/contracts/rpc';
import {
  actKey,
  allSafetyActs,
  buckets,
  controlKey,
  executorRpcSubject,
  rpcSubject,
  safetyActSubject,
  streams,
  targetKey,
} from '#libs/contracts/subjects';
import { type Target, targetId } from '#libs/contracts/target';
import { toInstant } from '#libs/runtime/instant';
import { aTarget } from '#libs/testing/examples';
import { ManualClock } from '#libs/testing/manual-clock';
import { type NatsServer, startNatsServer } from '#libs/testing/nats-server';
import { until } from '#libs/testing/until';
import { emptyCell } from '../cell.ts';
import { startSafety } from '../service.ts';

let server: NatsServer;
let context: ServiceContext;
const stop = new AbortController();
const env = () => ({
  NATS_URL: server.url,
  LOG_LEVEL: 'silent',
  HEMOSTAT_DATA_DIR: join(server.dir, 'mesh'),
});
const startReplica = (clock?: ManualClock) =>
  startSafety({ env: env(), signal: stop.signal, ...(clock ? { clock } : {}) });
const by = { actor: 'ops', reason: 'incident 42' };
const patience = { timeoutMs: 8_000 };
const fresh = (): Target => aTarget(`patient-${randomUUID().slice(0, 8)}`);

beforeAll(async () => {
  server = await startNatsServer();
  context = await openService('test', { env: env(), signal: stop.signal });
});
afterAll(async () => {
  stop.abort();
  await context[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const control = (order: object) =>
  callRpc(context.bus, rpcSubject('safety', 'control'), safetyVerbs.control, { ...order, ...by }, patience);
const reset = (order: object) =>
  callRpc(context.bus, rpcSubject('safety', 'reset'), safetyVerbs.reset, { ...order, ...by }, patience);
const cells = () => openCells(context.bus, buckets.safety, cellSchema);
const acts = () => openCells(context.bus, buckets.safety, actRecordSchema);
const controls = async () =>
  (await openCells(context.bus, buckets.safety, keptControlSchema)).read(controlKey);
const recordOf = async (id: string) => (await (await acts()).read(actKey(id))).value;
const answered = (id: string) =>
  until('the answer is kept', async () => (await recordOf(id))?.reply ?? undefined);
const cellOf = async (target: Target) => (await (await cells()).read(targetKey(target))).value;

async function coolDown(target: Target): Promise<Cell> {
  const store = await cells();
  const { value = emptyCell(target), revision } = await store.read(targetKey(target));
  const next = { ...value, cooldown: { since: toInstant(Date.now()), remediation_id: randomUUID() } };
  expect(await store.compareAndSet(targetKey(target), revision, next)).toBe('stored');
  return next;
}

async function timesStated(id: string): Promise<number> {
  const { state } = await context.bus.jsm.streams.info(streams.facts, { subjects_filter: allSafetyActs });
  const subjects = Object.entries(state.subjects ?? {}).filter(([subject]) => subject.endsWith(`.${id}`));
  return subjects.reduce((sum, [, count]) => sum + count, 0);
}

describe('an order under a request id, with two replicas', () => {
  let replicas: readonly AsyncDisposable[];
  beforeAll(async () => {
    replicas = await Promise.all([startReplica(), startReplica()]);
  });
  afterAll(() => Promise.all(replicas.map((replica) => replica[Symbol.asyncDispose]())));

  it('does not throw the kill switch again that somebody lifted in between', async () => {
    const order = { kill_switch: 'on', request_id: randomUUID() };
    const first = await control(order);
    await control({ kill_switch: 'off' });
    expect(await control(order)).toEqual(first);
    expect(first.control.kill_switch).toMatchObject(by);
    expect((await controls()).value?.kill_switch).toBeNull();
    expect(await timesStated(order.request_id)).toBe(1);
  });

  it('does not reset a cooldown that began after it was done', async () => {
    const target = fresh();
    const order = { target: targetId(target), request_id: `disk-${target.name}` };
    await coolDown(target);
    const first = await reset(order);
    expect(first.reset).toEqual([{ target: targetId(target), changed: true }]);
    const cooling = await coolDown(target);
    expect(await reset(order)).toEqual(first);
    expect(await cellOf(target)).toEqual(cooling);
  });

  it('is done once when it is sent twenty times at once, and all get one answer', async () => {
    const target = fresh();
    const order = { target: targetId(target), request_id: randomUUID() };
    await coolDown(target);
    const answers = await Promise.all(Array.from({ length: 20 }, () => reset(order)));
    expect(answers).toEqual(
      Array.from({ length: 20 }, () => ({ reset: [{ target: targetId(target), changed: true }] })),
    );
    expect(await timesStated(order.request_id)).toBe(1);
  });

  it('is refused when the id was used for another order, of this verb or the other, and nothing is done', async () => {
    const order = { maintenance: [], request_id: randomUUID() };
    await control(order);
    const reused = { code: 'idempotency_key_reused', status: 422 };
    await expect(control({ ...order, kill_switch: 'on' })).rejects.toMatchObject(reused);
    await expect(reset({ all: true, request_id: order.request_id })).rejects.toMatchObject(reused);
    expect((await controls()).value?.kill_switch).toBeNull();
    expect(await timesStated(order.request_id)).toBe(1);
  });

  it('has its answer also while the executor that knew its container is away', async () => {
    const target = fresh();
    const order = { container: target.name, request_id: randomUUID() };
    const resolved = { target, container_id: null, container_name: target.name, protected_by: null };
    const executor = await serveRpc(
      context.bus,
      { name: 'executor', version: '0.0.0', description: 'for this test' },
      [
        serve('resolve', executorRpcSubject('local', 'resolve'), executorVerbs.resolve, async () => ({
          status: 'resolved' as const,
          resolved,
        })),
      ],
    );
    const first = await reset(order);
    await executor[Symbol.asyncDispose]();
    expect(await reset(order)).toEqual(first);
  });

  it('can be given anew after it was refused: what was wrong with it is not kept', async () => {
    const order = { target: 'nonsense', request_id: randomUUID() };
    await expect(reset(order)).rejects.toMatchObject({ code: 'invalid_request' });
    const target = targetId(fresh());
    expect((await reset({ ...order, target })).reset).toEqual([{ target, changed: false }]);
  });

  it('is an order of its own each time when it has no id', async () => {
    const target = fresh();
    for (const _ of [1, 2]) {
      await coolDown(target);
      expect((await reset({ target: targetId(target) })).reset).toMatchObject([{ changed: true }]);
    }
  });

  it('must be a token, and says so', async () => {
    await expect(control({ kill_switch: 'off', request_id: 'a.*' })).rejects.toMatchObject({
      code: 'invalid_request',
      errors: [{ field: 'request_id' }],
    });
  });
});

/** What a replica leaves behind that dies after it wrote the act down. */
async function leftBehind(
  verb: ActRecord['verb'],
  order: { readonly request_id: string } & Readonly<Record<string, unknown>>,
  targets: readonly Target[] = [],
  more: Partial<ActRecord> = {},
): Promise<{ readonly record: ActRecord; readonly revision: number }> {
  const request = safetyVerbs[verb].request.parse({ ...order, ...by });
  const { actor, reason, ...rest } = request;
  const record: ActRecord = {
    verb,
    fingerprint: fingerprintOf({ verb, request }),
    asked_at: toInstant(Date.now()),
    actor,
    reason,
    targets: [...targets],
    request: rest,
    reply: null,
    ...more,
  };
  const store = await acts();
  expect(await store.compareAndSet(actKey(order.request_id), 0, record)).toBe('stored');
  return { record, revision: (await store.read(actKey(order.request_id))).revision };
}

function factOf({ verb, asked_at, actor, reason, targets, request }: ActRecord): SafetyAct {
  return { type: verb, at: asked_at, actor, reason, targets: targets.map(targetId), request };
}

const state = (id: string, fact: SafetyAct) =>
  stateFact(context.bus, safetyActSubject(fact.type, id), safetyActSchema, fact);

async function setControl(change: object): Promise<void> {
  const store = await openCells(context.bus, buckets.safety, keptControlSchema);
  const { value, revision } = await store.read(controlKey);
  const next = { kill_switch: null, maintenance: [], orders: [], ...value, ...change };
  expect(await store.compareAndSet(controlKey, revision, next)).toBe('stored');
}

describe('an order whose replica died', () => {
  it('after it was written down is stated and done, though nobody asks again', async () => {
    const target = fresh();
    const id = randomUUID();
    await coolDown(target);
    const { record } = await leftBehind('reset', { target: targetId(target), request_id: id }, [target]);
    await using _ = await startReplica();
    expect(await answered(id)).toEqual({ reset: [{ target: targetId(target), changed: true }] });
    expect((await cellOf(target))?.cooldown).toBeNull();
    expect(await state(id, { ...factOf(record), reason: 'another' })).toMatchObject({
      kind: 'duplicate',
      body: factOf(record),
    });
  });

  it('after it was stated is done, and not stated again', async () => {
    const id = randomUUID();
    const { record } = await leftBehind('control', { kill_switch: 'on', request_id: id });
    await state(id, factOf(record));
    await using _ = await startReplica();
    await answered(id);
    expect((await controls()).value?.kill_switch).toMatchObject({ since: record.asked_at, ...by });
    expect(await timesStated(id)).toBe(1);
  });

  it('after it was done is not done again over what came later, and a retry has its answer', async () => {
    const id = randomUUID();
    const order = { kill_switch: 'on', request_id: id };
    const { record, revision } = await leftBehind('control', order);
    await state(id, factOf(record));
    await setControl({ orders: [{ id, asked: revision, sets: ['kill_switch'] }], kill_switch: null });
    await using _ = await startReplica();
    const { control: seen } = await control(order);
    expect(seen.kill_switch).toBeNull();
    expect(await control(order)).toEqual({ control: seen });
    expect((await controls()).value?.kill_switch).toBeNull();
    expect(await timesStated(id)).toBe(1);
  });

  it('is not done over a later order: that one stands', async () => {
    const [earlier, later] = [randomUUID(), randomUUID()];
    await leftBehind('control', { kill_switch: 'on', request_id: earlier });
    await using _ = await startReplica();
    await control({ kill_switch: 'off', request_id: later });
    await answered(earlier);
    expect((await controls()).value?.kill_switch).toBeNull();
  });

  it('and whose record was taken away is not done without being stated: the id counts as used', async () => {
    const target = fresh();
    const id = randomUUID();
    const cooling = await coolDown(target);
    await state(id, { type: 'reset', at: toInstant(0), ...by, targets: [], request: {} });
    await using _ = await startReplica();
    const again = reset({ target: targetId(target), request_id: id });
    await expect(again).rejects.toMatchObject({ code: 'idempotency_key_reused' });
    expect(await cellOf(target)).toEqual(cooling);
    expect(await recordOf(id)).toBeUndefined();
  });
});

it('an order is forgotten when its fact is, and not before', async () => {
  const clock = new ManualClock(Date.now());
  const [old, young] = [randomUUID(), randomUUID()];
  const asked = (daysAgo: number) => ({ asked_at: toInstant(clock.now() - daysAgo * 86_400_000), reply: {} });
  await leftBehind('control', { kill_switch: 'off', request_id: old }, [], asked(7.1));
  await leftBehind('control', { kill_switch: 'off', request_id: young }, [], asked(6.9));
  await using _ = await startReplica(clock);
  const gone = async (id: string) => (await recordOf(id)) === undefined || undefined;
  const within = (id: string) =>
    until('it is forgotten', () => {
      clock.advance(1_000);
      return gone(id);
    });
  await within(old);
  expect(await gone(young)).toBeUndefined();
  await clock.advance(86_400_000);
  await within(young);
});

it('orders are no targets: neither status nor a reset of all sees them', async () => {
  await using _ = await startReplica();
  await control({ kill_switch: 'off', request_id: randomUUID() });
  const target = fresh();
  await coolDown(target);
  const { reset: all } = await reset({ all: true });
  expect(all).toContainEqual({ target: targetId(target), changed: true });
  const status = await callRpc(context.bus, rpcSubject('safety', 'status'), safetyVerbs.status, {}, patience);
  expect(status.cells).toHaveLength(all.length);
});
