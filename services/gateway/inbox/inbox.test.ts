import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { announce, subscribe } from '#libs/bus/live';
import { openService, type ServiceContext } from '#libs/bus/open-service';
import { readRemediation } from '#libs/bus/remediation-record';
import { type Requested, requestedSchema } from '#libs/contracts/facts';
import { idFromKey } from '#libs/contracts/ids';
import { deadLetterSchema } from '#libs/contracts/rpc';
import { detailsSchema } from '#libs/contracts/scalars';
import { anyRequested, completeChannel, deadAll, inboxSubject, streams } from '#libs/contracts/subjects';
import { type NatsServer, startNatsServer } from '#libs/testing/nats-server';
import { type PlayedExecutor, playExecutor } from '#libs/testing/played-executor';
import { openRawClient } from '#libs/testing/raw-nats-client';
import { until } from '#libs/testing/until';
import { startSafety } from '../../safety/service.ts';
import { startGateway } from '../service.ts';

let server: NatsServer;
let context: ServiceContext;
let executor: PlayedExecutor;
const stop = new AbortController();
const stack = new AsyncDisposableStack();
const fresh = (): string => `patient-${randomUUID().slice(0, 8)}`;
const options = (env: NodeJS.ProcessEnv = {}) => ({
  env: {
    NATS_URL: server.url,
    LOG_LEVEL: 'silent',
    GATEWAY_PORT: '0',
    HEMOSTAT_DATA_DIR: join(server.dir, 'mesh'),
    ...env,
  },
  signal: stop.signal,
});

beforeAll(async () => {
  server = stack.use(await startNatsServer());
  context = stack.use(await openService('test', options()));
  executor = stack.use(await playExecutor(context.bus));
  stack.use(await startSafety(options()));
  stack.use(await startGateway(options()));
  stack.use(await startGateway(options()));
});
afterAll(async () => {
  stop.abort();
  await stack.disposeAsync();
});

/** As a publisher without our code sends it; resolves when the stream has it. */
async function send(body: unknown, more: { subject?: string; msgID?: string } = {}): Promise<number> {
  const payload = body instanceof Uint8Array ? body : typeof body === 'string' ? body : JSON.stringify(body);
  const { subject = inboxSubject, ...rest } = more;
  return (await context.bus.js.publish(subject, payload, rest)).seq;
}
const ended = (id: string) =>
  until('it has ended', async () => {
    const record = await readRemediation(context.bus, id);
    return (
      record?.complete?.body ??
      (record?.decided?.body.verdict === 'approved' ? undefined : record?.decided?.body)
    );
  });
function requests(container: string): readonly Requested[] & Disposable {
  const heard: Requested[] = [];
  const listening = subscribe(context.bus, anyRequested, requestedSchema, (body) => {
    if (body.ask.container === container) heard.push(body);
  });
  return Object.assign(heard, { [Symbol.dispose]: () => listening[Symbol.dispose]() });
}
const inboxIsEmpty = () =>
  until('the inbox is empty', async () => {
    const { state } = await context.bus.jsm.streams.info(streams.inbox);
    return state.messages === 0 || undefined;
  });

describe('the inbox', () => {
  it('takes up both shapes of the event, and the event of HemoStat’s document comes out', async () => {
    const heard: unknown[] = [];
    const [flat, nested] = [fresh(), fresh()];
    using _ = subscribe(context.bus, completeChannel, detailsSchema, (body) => void heard.push(body));
    await send({ event_type: 'remediation_needed', container: flat, action: 'restart', confidence: 0.95 });
    await send({
      event_type: 'remediation_needed',
      agent: 'a',
      data: { container: nested, action: 'restart' },
    });
    await until('both are complete', () => heard.length === 2 || undefined);
    for (const container of [flat, nested]) {
      expect(heard).toContainEqual(
        expect.objectContaining({
          event_type: 'remediation_complete',
          container,
          result: expect.objectContaining({ status: 'success' }),
        }),
      );
    }
  });

  it('asks in the name of the principal of the subject, counts its time from when it was stored', async () => {
    const key = randomUUID();
    await send(
      { container: fresh(), action: 'restart' },
      { subject: `${inboxSubject}.analyzer`, msgID: key },
    );
    const id = idFromKey('analyzer', key);
    await ended(id);
    const requested = (await readRemediation(context.bus, id))?.requested.body;
    expect(requested).toMatchObject({ door: 'nats', principal: 'analyzer', endpoint: 'restart' });
    const ttl = Date.parse(requested?.expires_at ?? '') - Date.parse(requested?.received_at ?? '');
    expect(ttl).toBe(900_000);
  });

  it('states one remediation however often a key comes, and gives each message without one its own', async () => {
    const container = fresh();
    using heard = requests(container);
    const body = { container, action: 'restart', dry_run: true };
    for (let i = 0; i < 5; i += 1) await send({ ...body, remediation_id: `same-${container}` });
    for (let i = 0; i < 3; i += 1) await send(body);
    await inboxIsEmpty();
    await until('all were heard', () => heard.length >= 8 || undefined);
    expect(new Set(heard.map((each) => each.remediation_id)).size).toBe(4);
  });

  it('reports an unknown container as the failure of the document', async () => {
    const heard: unknown[] = [];
    using _ = subscribe(context.bus, completeChannel, detailsSchema, (body) => {
      if (body.container === 'missing-9') heard.push(body);
    });
    await send({ container: 'missing-9', action: 'restart' });
    const [event] = await until('it is refused', () => (heard.length > 0 ? heard : undefined));
    expect(event).toMatchObject({
      result: { status: 'failed', error: expect.stringContaining('missing-9') },
    });
  });
});

/** What a publisher hears of its message. */
async function heardOf(container: string, work: () => Promise<unknown>): Promise<Record<string, unknown>> {
  const heard: Record<string, unknown>[] = [];
  using _ = subscribe(context.bus, completeChannel, detailsSchema, (body) => {
    if (body.container === container) heard.push(body);
  });
  await work();
  await until('it is heard', () => heard.length > 0 || undefined);
  return heard[0] ?? {};
}
/** As a client sends it that writes its headers itself. */
async function sendRaw(headers: string, body: object): Promise<void> {
  await using client = await openRawClient(server.port, '_INBOX.raw');
  const head = Buffer.from(`NATS/1.0\r\n${headers}\r\n\r\n`);
  await client.publish([
    { subject: inboxSubject, headers: head, payload: Buffer.from(JSON.stringify(body)) },
  ]);
}

describe('what can be read and not be done', () => {
  const ask = { container: '', action: 'restart', confidence: 0.9 };
  it.each<readonly [string, (body: typeof ask) => unknown]>([
    ['action', (body) => ({ ...body, action: 'explode' })],
    ['confidence', (body) => ({ ...body, confidence: 95 })],
    ['body', (body) => JSON.stringify(JSON.stringify(body))],
    ['params.command', (body) => ({ ...body, action: 'exec', command: 'rm -rf /' })],
    ['engine', (body) => ({ ...body, engine: 'nowhere' })],
    ['status', (body) => ({ ...body, status: 'resolved' })],
    ['data.status', (body) => ({ data: { ...body, status: 'resolved' } })],
    ['reason', (body) => `{"reason":"a","reason":"b",${JSON.stringify(body).slice(1)}`],
  ])(
    'is told to its publisher as rejected, by its field %s, and stands under its id',
    async (field, make) => {
      const container = fresh();
      const event = await heardOf(container, () => send(make({ ...ask, container })));
      const rejected = { status: 'rejected', reason: 'invalid_request', field, container };
      expect(event).toMatchObject({ ...rejected, message: expect.stringContaining(field), gates: [] });
      const record = await readRemediation(context.bus, String(event.remediation_id));
      expect(record?.decided?.body).toMatchObject({ verdict: 'refused', outcome: 'rejected' });
      expect(record?.requested.body).toMatchObject({ principal: 'anonymous', plan: null });
      await inboxIsEmpty();
    },
  );

  it('is a message with headers that nobody can read, or with two names for one request', async () => {
    for (const [headers, field] of [
      ['a b: c', 'headers'],
      ['Nats-Msg-Id: a\r\nnats-msg-id: b', 'Nats-Msg-Id'],
    ] as const) {
      const container = fresh();
      const event = await heardOf(container, () => sendRaw(headers, { ...ask, container }));
      expect(event).toMatchObject({ status: 'rejected', field });
    }
    await inboxIsEmpty();
  });

  it('names every target that an ambiguous name fits', async () => {
    const event = await heardOf('ambiguous', () => send({ ...ask, container: 'ambiguous' }));
    expect(event).toMatchObject({ status: 'rejected', reason: 'ambiguous_target' });
    expect(event.candidates).toHaveLength(2);
  });

  it('leaves its key to the request put right, and is told once however often it comes', async () => {
    const body = { ...ask, container: fresh(), remediation_id: randomUUID() };
    using heard = requests(body.container);
    for (let i = 0; i < 3; i += 1) await send({ ...body, confidence: 95 });
    await inboxIsEmpty();
    await send(body);
    expect(await ended(idFromKey('anonymous', body.remediation_id))).toMatchObject({ outcome: 'recovered' });
    const byId = new Map(heard.map((each) => [each.remediation_id, each.resolution.status]));
    expect([...byId.values()]).toEqual(['invalid', 'resolved']);
  });

  it('fits into its facts however much is wrong with it', async () => {
    const params = Object.fromEntries(Array.from({ length: 6_000 }, (_, n) => [n, 1]));
    const container = fresh();
    const event = await heardOf(container, () => send({ ...ask, container, params }));
    expect(event).toMatchObject({ status: 'rejected', field: 'params.0' });
  });
});

describe('what stands in front of the event', () => {
  it('may call its names in any case: one Nats-Msg-Id is one remediation, and the trace goes on', async () => {
    const [container, key, trace] = [fresh(), randomUUID(), randomUUID().replaceAll('-', '')];
    using heard = requests(container);
    for (const name of ['nats-msg-id', 'NATS-MSG-ID', 'Nats-Msg-Id']) {
      const headers = `${name}: ${key}\r\nTraceParent: 00-${trace}-${'cd'.repeat(8)}-01`;
      await sendRaw(headers, { container, action: 'restart' });
    }
    await inboxIsEmpty();
    expect(await ended(idFromKey('anonymous', key))).toMatchObject({ outcome: 'recovered' });
    expect(new Set(heard.map((each) => each.remediation_id)).size).toBe(1);
    const record = await readRemediation(context.bus, idFromKey('anonymous', key));
    expect(record?.requested.traceId).toBe(trace);
  });
});

describe('poison', () => {
  it('ends as a dead letter with its reason, a message that names the field, and what was sent', async () => {
    const letters: unknown[] = [];
    using _ = subscribe(context.bus, deadAll, deadLetterSchema, (letter) => void letters.push(letter));
    const cases: readonly (readonly [unknown, string, string])[] = [
      ['nonsense', 'not_json', 'JSON'],
      ['{"__proto__":{"a":1}}', 'not_json', '__proto__'],
      [Uint8Array.of(0xff, 0xfe, 0x00), 'not_json', 'UTF-8'],
      [{ container: 'a' }, 'invalid_event', 'action'],
      ['{"container":"a","container":"b"}', 'invalid_event', 'container: stands twice'],
      [{ status: 'resolved', alerts: [] }, 'invalid_event', 'status'],
      [{ container: 'a.*.>', action: 'restart' }, 'invalid_event', 'container'],
      [{ container: 'a', action: 'restart', reason: 'x'.repeat(200_000) }, 'too_large', 'body'],
    ];
    for (const [body] of cases) await send(body);
    await until('each is buried', () => letters.length === cases.length || undefined);
    for (const [, reason, named] of cases) {
      expect(letters).toContainEqual(
        expect.objectContaining({ reason, message: expect.stringContaining(named), stream: streams.inbox }),
      );
    }
    await inboxIsEmpty();
  });

  it('is a key that comes again with another request', async () => {
    const letters: { reason: string }[] = [];
    using _ = subscribe(context.bus, deadAll, deadLetterSchema, (letter) => void letters.push(letter));
    const event = { container: fresh(), action: 'restart', remediation_id: randomUUID(), dry_run: true };
    await send(event);
    await ended(idFromKey('anonymous', event.remediation_id));
    await send({ ...event, reason: 'another' });
    await until('it is buried', () => letters.length > 0 || undefined);
    expect(letters[0]?.reason).toBe('idempotency_key_reused');
  });

  it('does not keep what comes after it waiting', async () => {
    const key = randomUUID();
    for (let i = 0; i < 50; i += 1) announce(context.bus, inboxSubject, { broken: i });
    await send({ container: fresh(), action: 'restart', dry_run: true }, { msgID: key });
    expect(await ended(idFromKey('anonymous', key))).toMatchObject({ outcome: 'dry_run' });
  });
});

describe('while the executor or Docker is away', () => {
  it('keeps the request and takes it up afterwards', async () => {
    const key = randomUUID();
    executor.dockerAway = true;
    const container = fresh();
    await send({ container, action: 'restart' }, { msgID: key });
    await until('it was tried', () => executor.asked.includes(container) || undefined);
    expect(await readRemediation(context.bus, idFromKey('anonymous', key))).toBeUndefined();
    executor.dockerAway = false;
    expect(await ended(idFromKey('anonymous', key))).toMatchObject({ outcome: 'recovered' });
  });
});
