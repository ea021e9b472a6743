import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { publishStored, subscribe } from '#libs/bus/live';
import { openService, type ServiceContext } from '#libs/bus/open-service';
import { type Details, detailsSchema } from '#libs/contracts/scalars';
import { completeChannel, deadAll, inboxSubject } from '#libs/contracts/subjects';
import { startContainer, type TestContainer } from '#libs/testing/container';
import { countEvents } from '#libs/testing/container-events';
import { testEngine } from '#libs/testing/docker-engine';
import { busyboxImage } from '#libs/testing/images';
import { type MeshProcesses, startMeshProcesses } from '#libs/testing/mesh-processes';
import { type NatsServer, startNatsServer } from '#libs/testing/nats-server';
import { until } from '#libs/testing/until';

const { docker } = testEngine();
const since = Date.now();
const stop = new AbortController();
let server: NatsServer;
let mesh: MeshProcesses;
let publisher: ServiceContext;
let image: string;
const heard: Details[] = [];

const patient = (labels: Record<string, string> = {}): Promise<TestContainer> =>
  startContainer(docker, { image, cmd: ['sleep', '1000000'], labels });
const restartsOf = ({ name }: TestContainer): Promise<number> =>
  countEvents(docker, { container: name, action: 'restart', since });
const eventOf = (container: string, match: (event: Details) => boolean = () => true): Promise<Details> =>
  until(
    `remediation_complete of ${container}`,
    () => heard.find((each) => each.container === container && match(each)),
    30_000,
  );
const post = (body: unknown, headers: Record<string, string> = {}, gateway = 0) =>
  mesh.http('POST', '/api/v1/remediations', body, headers, gateway);

beforeAll(async () => {
  [server, image] = await Promise.all([startNatsServer(), busyboxImage(docker)]);
  publisher = await openService('test', {
    env: { NATS_URL: server.url, LOG_LEVEL: 'silent' },
    signal: stop.signal,
  });
  subscribe(publisher.bus, completeChannel, detailsSchema, (event) => heard.push(event));
  mesh = await startMeshProcesses({
    natsUrl: server.url,
    replicas: { gateway: 2, safety: 2, executor: 2, verifier: 2, audit: 2 },
  });
  await mesh.ready();
}, 120_000);
afterAll(async () => {
  stop.abort();
  await mesh[Symbol.asyncDispose]();
  await publisher[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

describe('a mesh with two replicas of every service', () => {
  it('restarts a container once for the event of the document, and answers with its event', async () => {
    await using target = await patient();
    await publishStored(publisher.bus, inboxSubject, {
      event_type: 'remediation_needed',
      container: target.name,
      action: 'restart',
      reason: 'High CPU usage detected',
      confidence: 0.95,
      metrics: { cpu_percent: 95.5, memory_percent: 72.3 },
      analysis_method: 'ai',
    });
    expect(await eventOf(target.name)).toMatchObject({
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
      confidence: 0.95,
    });
    expect(await restartsOf(target)).toBe(1);
  });

  it('understands the nested event that publishers really send', async () => {
    await using target = await patient();
    await publishStored(publisher.bus, inboxSubject, {
      event_type: 'remediation_needed',
      timestamp: '2024-11-02T19:45:30.123456',
      agent: 'analyzer',
      data: { container: target.name, action: 'restart', reason: 'nested', confidence: 0.9 },
    });
    expect(await eventOf(target.name)).toMatchObject({ result: { status: 'success' }, reason: 'nested' });
    expect(await restartsOf(target)).toBe(1);
  });

  it('restarts once when fifty clients post the same request with one key to both gateways', async () => {
    await using target = await patient();
    const key = { 'idempotency-key': randomUUID(), prefer: 'wait=60' };
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, at) => post({ container: target.name, action: 'restart' }, key, at % 2)),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ body }) => body.remediation_id)).size).toBe(1);
    expect(answers[0]?.body).toMatchObject({ outcome: 'recovered', state: 'complete' });
    expect(await restartsOf(target)).toBe(1);
  });

  it('restarts once when twenty different requests race over HTTP and NATS', async () => {
    await using target = await patient();
    const ask = { container: target.name, action: 'restart' };
    const overNats = Array.from({ length: 10 }, () => publishStored(publisher.bus, inboxSubject, ask));
    const overHttp = Array.from({ length: 10 }, (_, at) => post(ask, { prefer: 'wait=60' }, at % 2));
    const [answers] = await Promise.all([Promise.all(overHttp), ...overNats]);
    await until(
      'every event is heard',
      () => heard.filter((each) => each.container === target.name).length >= 20 || undefined,
      30_000,
    );
    const rejected = heard.filter((each) => each.container === target.name && each.status === 'rejected');
    expect(rejected).toHaveLength(19);
    expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1);
    expect(await restartsOf(target)).toBe(1);
  });

  it('treats name, short id and full id as one target', async () => {
    await using target = await patient();
    const first = await post({ container: target.id, action: 'restart' }, { prefer: 'wait=60' });
    expect(first.body).toMatchObject({ outcome: 'recovered' });
    for (const alias of [target.name, target.id.slice(0, 12), target.id]) {
      const again = await post({ container: alias, action: 'restart' }, { prefer: 'wait=60' });
      expect(again.status).toBe(429);
      expect(again.body).toMatchObject({ reason: 'cooldown_active', remaining_seconds: expect.any(Number) });
    }
    expect(await restartsOf(target)).toBe(1);
  });

  it('shows what a dry run would do, gates included, and does nothing', async () => {
    await using target = await patient();
    const { status, body } = await post(
      { container: target.name, action: 'restart', dry_run: true },
      { prefer: 'wait=30' },
    );
    expect(status).toBe(200);
    expect(body).toMatchObject({
      outcome: 'dry_run',
      gates: expect.arrayContaining([expect.objectContaining({ gate: 'cooldown', pass: true })]),
    });
    expect(JSON.stringify(body)).toContain(`/containers/${target.id}/restart`);
    expect(await restartsOf(target)).toBe(0);
  });

  it('leaves a protected container alone', async () => {
    await using target = await patient({ 'hemostat.protect': 'true' });
    const { status, body } = await post({ container: target.name, action: 'restart' }, { prefer: 'wait=30' });
    expect({ status, reason: body.reason }).toEqual({ status: 403, reason: 'protected_target' });
    expect(await restartsOf(target)).toBe(0);
  });

  it('answers a name that nobody has with 404 and the failure event, and spends nothing', async () => {
    const { status, body } = await post(
      { container: 'nobody-has-this', action: 'restart' },
      { prefer: 'wait=30' },
    );
    expect({ status, outcome: body.outcome ?? body.code }).toMatchObject({ status: 404 });
    expect(await eventOf('nobody-has-this')).toMatchObject({
      result: { status: 'failed', error: expect.stringContaining('nobody-has-this') },
    });
  });

  it('puts poison where a person finds it, with the reason, and goes on', async () => {
    const letters: Details[] = [];
    using _ = subscribe(publisher.bus, deadAll, detailsSchema, (letter) => letters.push(letter));
    publisher.bus.nc.publish(inboxSubject, 'this is not JSON');
    await publishStored(publisher.bus, inboxSubject, { container: 'a.b*c>', action: 'restart' });
    await publishStored(publisher.bus, inboxSubject, { container: 'x', action: 5 });
    await until('three letters', () => letters.length === 3 || undefined, 15_000);
    const said = letters.map((letter) => String(letter.message)).join('\n');
    for (const field of ['container', 'action']) expect(said).toContain(field);
  });
});
