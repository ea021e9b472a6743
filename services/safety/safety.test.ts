import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCells } from '#libs/bus/cell-store';
import { stateFact } from '#libs/bus/fact';
import { subscribe } from '#libs/bus/live';
import { openService, type ServiceContext } from '#libs/bus/open-service';
import { readRemediation } from '#libs/bus/remediation-record';
import { callRpc, serve, serveRpc } from '#libs/bus/rpc';
import { type Cell, cellSchema } from '#libs/contracts/cell';
import {
  type Complete,
  decidedSchema,
  type Finished,
  finishedSchema,
  type Requested,
  requestedSchema,
  type Started,
  startedSchema,
} from '#libs/contracts/facts';
import { executorVerbs, safetyVerbs } from '#libs/contracts/rpc';
import { detailsSchema } from '#libs/contracts/scalars';
import {
  buckets,
  completeChannel,
  decidedSubject,
  executorRpcSubject,
  finishedSubject,
  requestedSubject,
  rpcSubject,
  startedSubject,
  targetKey,
} from '#libs/contracts/subjects';
import { type Target, targetId } from '#libs/contracts/target';
import { toInstant } from '#libs/runtime/instant';
import { aRequested, aTarget, type RequestedExample } from '#libs/testing/examples';
import { ManualClock } from '#libs/testing/manual-clock';
import { type NatsServer, startNatsServer } from '#libs/testing/nats-server';
import { until } from '#libs/testing/until';
import { emptyCell, grantLease } from './cell.ts';
import { startSafety } from './service.ts';

let server: NatsServer;
let context: ServiceContext;
let n = 0;
const stop = new AbortController();
const base = () => ({
  NATS_URL: server.url,
  LOG_LEVEL: 'silent',
  HEMOSTAT_DATA_DIR: join(server.dir, 'mesh'),
  ACTION_TIMEOUT_SECONDS: '2',
  HEMOSTAT_PAUSE_SECONDS: '1',
});
const fresh = (): Target => {
  n += 1;
  return aTarget(`patient-${n}`);
};
const startReplica = (clock?: ManualClock) =>
  startSafety({ env: base(), signal: stop.signal, ...(clock ? { clock } : {}) });

beforeAll(async () => {
  server = await startNatsServer();
  context = await openService('test', { env: base(), signal: stop.signal });
});
afterAll(async () => {
  stop.abort();
  await context[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

async function request(example: Omit<RequestedExample, 'id'> & { id?: string }): Promise<Requested> {
  const requested = aRequested({ id: randomUUID(), ...example });
  await stateFact(context.bus, requestedSubject(requested.remediation_id), requestedSchema, requested);
  return requested;
}
const record = (id: string) => readRemediation(context.bus, id);
const decided = (id: string) => until('decided', async () => (await record(id))?.decided?.body);
const complete = (id: string): Promise<Complete> =>
  until('complete', async () => (await record(id))?.complete?.body);
const cellOf = async (target: Target): Promise<Cell | undefined> =>
  (await (await openCells(context.bus, buckets.safety, cellSchema)).read(targetKey(target))).value;
const freed = (target: Target) =>
  until('the lease is gone', async () => (await cellOf(target))?.lease === null || undefined);

async function finish(
  requested: Requested,
  outcome: Finished['outcome'],
  reachedDocker = true,
): Promise<void> {
  const { remediation_id: id } = requested;
  const fact: Finished = {
    type: 'finished',
    remediation_id: id,
    at: toInstant(Date.now()),
    outcome,
    message: 'Container restarted and running',
    reached_docker: reachedDocker,
    execution_log: [],
  };
  await stateFact(context.bus, finishedSubject(id), finishedSchema, fact);
}

async function start(requested: Requested, target: Target, more: Partial<Started> = {}): Promise<void> {
  const { remediation_id: id } = requested;
  await stateFact(context.bus, startedSubject(id, 1), startedSchema, {
    type: 'started',
    remediation_id: id,
    at: toInstant(Date.now()),
    n: 1,
    action: 'restart',
    target,
    evidence: {},
    settle_seconds: 2,
    calls: [],
    ...more,
  });
}

describe('safety with two replicas', () => {
  let replicas: readonly AsyncDisposable[];
  beforeAll(async () => {
    replicas = await Promise.all([startReplica(), startReplica()]);
  });
  afterAll(async () => {
    await Promise.all(replicas.map((replica) => replica[Symbol.asyncDispose]()));
  });

  it('approves exactly one of twenty requests that race for one target, and refuses the others as busy', async () => {
    const target = fresh();
    const all = await Promise.all(
      Array.from({ length: 20 }, (_, i) => request({ target, endpoint: `e${i}` })),
    );
    const verdicts = await Promise.all(all.map((each) => decided(each.remediation_id)));
    expect(verdicts.filter((each) => each.verdict === 'approved')).toHaveLength(1);
    expect(verdicts.filter((each) => each.verdict === 'refused' && each.reason === 'busy')).toHaveLength(19);
    expect(await cellOf(target)).toMatchObject({ epoch: 1, lease: { epoch: 1, state: 'held' } });
  });

  it('settles a verified remediation once: the lease goes, the cooldown runs, the event is the one of the document', async () => {
    const target = fresh();
    const heard: unknown[] = [];
    using _ = subscribe(context.bus, completeChannel, detailsSchema, (body) => {
      if (body.container === target.name) heard.push(body);
    });
    const requested = await request({ target });
    expect((await decided(requested.remediation_id)).verdict).toBe('approved');
    await finish(requested, 'recovered');
    expect(await complete(requested.remediation_id)).toMatchObject({ outcome: 'recovered' });
    await freed(target);
    await until('the event is heard', () => heard[0]);
    expect(heard[0]).toMatchObject({
      event_type: 'remediation_complete',
      container: target.name,
      action: 'restart',
      result: {
        status: 'success',
        action: 'restart',
        container: target.name,
        details: 'Container restarted and running',
      },
      dry_run: false,
      reason: 'High CPU usage detected',
      data: { container: target.name },
    });
    const again = await request({ target });
    const refused = await decided(again.remediation_id);
    expect(refused).toMatchObject({ verdict: 'refused', reason: 'cooldown_active' });
    await until('the rejection is heard', () => heard[1]);
    expect(heard[1]).toMatchObject({
      status: 'rejected',
      reason: 'cooldown_active',
      remaining_seconds: expect.any(Number),
    });
  });

  it('counts what failed after reaching Docker, and nothing that did not', async () => {
    const [reached, away] = [fresh(), fresh()];
    for (const [target, reachedDocker] of [
      [reached, true],
      [away, false],
    ] as const) {
      const requested = await request({ target });
      await decided(requested.remediation_id);
      await finish(requested, 'failed', reachedDocker);
      await complete(requested.remediation_id);
      await freed(target);
    }
    expect(await cellOf(reached)).toMatchObject({
      back_off: { failures: 1 },
      breaker: { attempts: [expect.any(String)] },
    });
    expect(await cellOf(away)).toMatchObject({ back_off: null, breaker: { attempts: [] } });
  });

  it('answers a dry run with every gate and the preview, and writes no cell', async () => {
    const preview = { steps: [] };
    await using _ = await serveRpc(
      context.bus,
      { name: 'executor', version: '0.0.0', description: 'for this test' },
      [serve('preview', executorRpcSubject('local', 'preview'), executorVerbs.preview, async () => preview)],
    );
    const target = fresh();
    const requested = await request({ target, dryRun: true });
    expect(await decided(requested.remediation_id)).toMatchObject({
      verdict: 'dry_run',
      would_be: 'approved',
      preview,
    });
    expect(await cellOf(target)).toBeUndefined();
  });

  it("refuses what could not be resolved with the document's words and no budget", async () => {
    const requested: Requested = {
      ...aRequested({ id: randomUUID(), target: fresh() }),
      resolution: { status: 'not_found', message: 'Container not found: web-app-1' },
      plan: null,
    };
    await stateFact(context.bus, requestedSubject(requested.remediation_id), requestedSchema, requested);
    expect(await decided(requested.remediation_id)).toMatchObject({
      verdict: 'refused',
      reason: 'container_not_found',
      outcome: 'rejected',
    });
  });

  it('throws and lifts the kill switch, and resets a cooldown, each with actor and reason', async () => {
    const by = { actor: 'ops', reason: 'incident 42' };
    const ask = { timeoutMs: 2_000 };
    await callRpc(
      context.bus,
      rpcSubject('safety', 'control'),
      safetyVerbs.control,
      { kill_switch: 'on', ...by },
      ask,
    );
    const target = fresh();
    expect(await decided((await request({ target })).remediation_id)).toMatchObject({
      verdict: 'refused',
      reason: 'kill_switch',
    });
    await callRpc(
      context.bus,
      rpcSubject('safety', 'control'),
      safetyVerbs.control,
      { kill_switch: 'off', ...by },
      ask,
    );
    const requested = await request({ target });
    await decided(requested.remediation_id);
    await finish(requested, 'recovered');
    await complete(requested.remediation_id);
    await freed(target);
    const id = `local/container/${target.name}`;
    const reset = await callRpc(
      context.bus,
      rpcSubject('safety', 'reset'),
      safetyVerbs.reset,
      { target: id, ...by },
      ask,
    );
    expect(reset).toEqual({ reset: [{ target: id, changed: true }] });
    const status = await callRpc(
      context.bus,
      rpcSubject('safety', 'status'),
      safetyVerbs.status,
      { target: id },
      ask,
    );
    expect(status).toMatchObject({
      control: { kill_switch: null },
      cells: [{ target: id, cooldown: null, lease: null }],
    });
  });
});

describe('safety, operated by people', () => {
  const ask = { timeoutMs: 2_000 };
  const by = { actor: 'ops', reason: 'incident 42' };
  const reset = (request: object) =>
    callRpc(context.bus, rpcSubject('safety', 'reset'), safetyVerbs.reset, { ...request, ...by }, ask);
  let replica: AsyncDisposable;
  beforeAll(async () => {
    replica = await startReplica();
  });
  afterAll(() => replica[Symbol.asyncDispose]());

  it('does not take a target and all at once for all', async () => {
    await expect(reset({ target: 'local/container/x', all: true })).rejects.toMatchObject({
      code: 'invalid_request',
    });
  });

  it('makes no cell for a target that has none, and calls it unchanged', async () => {
    const target = fresh();
    const id = `local/container/${target.name}`;
    expect(await reset({ target: id })).toEqual({ reset: [{ target: id, changed: false }] });
    expect(await cellOf(target)).toBeUndefined();
  });

  it('asks what to change before it changes the controls', async () => {
    const control = callRpc(context.bus, rpcSubject('safety', 'control'), safetyVerbs.control, by, ask);
    await expect(control).rejects.toMatchObject({
      code: 'invalid_request',
      errors: [{ field: 'kill_switch' }],
    });
  });

  it('explains a canonical target as the engine sees it, protection included', async () => {
    const target = fresh();
    const seen = {
      target,
      container_id: null,
      container_name: target.name,
      protected_by: 'its label',
      state: '',
      image: '',
    };
    await using _ = await serveRpc(
      context.bus,
      { name: 'executor', version: '0.0.0', description: 'for this test' },
      [
        serve('targets', executorRpcSubject('local', 'targets'), executorVerbs.targets, async () => ({
          engine: 'local',
          targets: [seen],
        })),
      ],
    );
    const explain = (id: string) =>
      callRpc(context.bus, rpcSubject('safety', 'explain'), safetyVerbs.explain, { target: id }, ask);
    expect(await explain(`local/container/${target.name}`)).toMatchObject({ reason: 'protected_target' });
    await expect(explain('local/container/nobody')).rejects.toMatchObject({ code: 'container_not_found' });
  });

  it('explains what is no container by its name alone, and asks no executor', async () => {
    const target: Target = { engine: 'local', kind: 'endpoint', name: `chaos/${randomUUID()}` };
    const explain = (action: string) =>
      callRpc(
        context.bus,
        rpcSubject('safety', 'explain'),
        safetyVerbs.explain,
        { target: targetId(target), action },
        ask,
      );
    expect(await explain('stop-chaos-attack')).toMatchObject({
      target: targetId(target),
      would_be: 'approved',
    });
    await heldBy(target, {});
    expect(await explain('stop-chaos-attack')).toMatchObject({ would_be: 'refused', reason: 'busy' });
    await expect(explain('restart')).rejects.toMatchObject({
      code: 'invalid_request',
      errors: [{ field: 'action' }],
    });
  });

  it('explains that what only takes an action back need not wait for the cooldown', async () => {
    const target = fresh();
    const cells = await openCells(context.bus, buckets.safety, cellSchema);
    const cooldown = { since: toInstant(Date.now()), remediation_id: randomUUID() };
    await cells.compareAndSet(targetKey(target), 0, { ...emptyCell(target), cooldown });
    await using _ = await serveRpc(
      context.bus,
      { name: 'executor', version: '0.0.0', description: 'for this test' },
      [
        serve('resolve', executorRpcSubject('local', 'resolve'), executorVerbs.resolve, async () => ({
          status: 'resolved' as const,
          resolved: { target, container_id: null, container_name: target.name, protected_by: null },
        })),
      ],
    );
    const explain = (action: string) =>
      callRpc(
        context.bus,
        rpcSubject('safety', 'explain'),
        safetyVerbs.explain,
        { container: target.name, action },
        ask,
      );
    expect(await explain('stop')).toMatchObject({ would_be: 'refused', reason: 'cooldown_active' });
    expect(await explain('start')).toMatchObject({ would_be: 'approved' });
  });
});

/** A request whose lease a safety took that then died before it stated the verdict. */
async function heldBy(target: Target, more: Partial<Cell>): Promise<Requested> {
  const requested = aRequested({ id: randomUUID(), target });
  const grant = { id: requested.remediation_id, gates: [], expires_at: requested.expires_at };
  const cell = { ...emptyCell(target), ...more };
  const held = grantLease(cell, grant, Date.parse(requested.expires_at), Date.now());
  const cells = await openCells(context.bus, buckets.safety, cellSchema);
  await cells.compareAndSet(targetKey(target), 0, held);
  return requested;
}

describe('safety after a crash', () => {
  it('states the verdict that the lease holds when it died between the lease and the verdict', async () => {
    const target = fresh();
    const requested = await heldBy(target, { epoch: 6 });
    await stateFact(context.bus, requestedSubject(requested.remediation_id), requestedSchema, requested);
    await using _ = await startReplica();
    expect(await decided(requested.remediation_id)).toMatchObject({
      verdict: 'approved',
      grants: [{ epoch: 7 }],
    });
  });

  it('states that verdict even when a gate has closed meanwhile: what the lease says was decided', async () => {
    const target = fresh();
    const requested = await heldBy(target, {
      cooldown: { since: toInstant(Date.now()), remediation_id: randomUUID() },
    });
    await stateFact(context.bus, requestedSubject(requested.remediation_id), requestedSchema, requested);
    await using _ = await startReplica();
    expect(await decided(requested.remediation_id)).toMatchObject({
      verdict: 'approved',
      grants: [{ epoch: 1 }],
    });
  });

  it('gives the lease back when another replica had refused the request already', async () => {
    const target = fresh();
    const requested = await heldBy(target, {});
    const id = requested.remediation_id;
    await stateFact(context.bus, decidedSubject(id, 'local'), decidedSchema, {
      type: 'decided',
      remediation_id: id,
      at: toInstant(Date.now()),
      verdict: 'refused',
      outcome: 'rejected',
      gates: [],
      reason: 'kill_switch',
      message: 'switched off',
    });
    await stateFact(context.bus, requestedSubject(id), requestedSchema, requested);
    await using _ = await startReplica();
    await freed(target);
    expect((await record(id))?.decided?.body).toMatchObject({ verdict: 'refused' });
  });

  it('expires a lease under which nothing was started, and spends no budget', async () => {
    const clock = new ManualClock(Date.now());
    await using _ = await startReplica(clock);
    const target = fresh();
    const requested = await request({ target, ttlMs: 60_000 });
    await decided(requested.remediation_id);
    await advanceUntil(clock, async () => (await record(requested.remediation_id))?.complete !== undefined);
    expect(await complete(requested.remediation_id)).toMatchObject({
      outcome: 'expired',
      reached_docker: false,
    });
    await freed(target);
    expect(await cellOf(target)).toMatchObject({ back_off: null, cooldown: null });
  });

  it('keeps the lease for as long as a patient may take to start, also for who takes over in the middle', async () => {
    await using _ = await startReplica();
    const target = fresh();
    const requested = await request({ target, ttlMs: 60_000 });
    await decided(requested.remediation_id);
    await start(requested, target, { look_seconds: 605 });
    await until('the lease is renewed', async () => {
      const deadline = (await cellOf(target))?.lease?.deadline_at ?? '';
      return Date.parse(deadline) > Date.now() + 1_210_000 || undefined;
    });
  });

  it('waits the quarantine after closing before it calls a started step unknown, and counts it', async () => {
    const clock = new ManualClock(Date.now());
    await using _ = await startReplica(clock);
    const target = fresh();
    const requested = await request({ target, ttlMs: 60_000 });
    await decided(requested.remediation_id);
    await start(requested, target);
    await advanceUntil(clock, async () => (await record(requested.remediation_id))?.complete !== undefined);
    const fact = await complete(requested.remediation_id);
    expect(fact).toMatchObject({ outcome: 'unknown', reached_docker: true });
    await freed(target);
    expect(await cellOf(target)).toMatchObject({ back_off: { failures: 1 } });
  });

  it('takes the same road when the executor says unknown: closing at once, the end only after the quarantine', async () => {
    const clock = new ManualClock(Date.now());
    await using _ = await startReplica(clock);
    const target = fresh();
    const requested = await request({ target });
    await decided(requested.remediation_id);
    await start(requested, target);
    await finish(requested, 'unknown');
    await until('closing', async () => (await cellOf(target))?.lease?.state === 'closing' || undefined);
    expect((await record(requested.remediation_id))?.complete).toBeUndefined();
    const closedAt = clock.now();
    await advanceUntil(clock, async () => (await record(requested.remediation_id))?.complete !== undefined);
    expect(Date.parse((await complete(requested.remediation_id)).at) - closedAt).toBeGreaterThanOrEqual(
      10_000,
    );
  });
});

/** Lets virtual time go on in small steps, with real time between for messages on their way. */
async function advanceUntil(clock: ManualClock, done: () => Promise<boolean>): Promise<void> {
  await until(
    'virtual time was enough',
    async () => {
      clock.advance(1_000);
      return (await done()) || undefined;
    },
    20_000,
  );
}
