import { randomUUID } from 'node:crypto';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { publishStored } from '#libs/bus/live';
import { openService, type ServiceContext } from '#libs/bus/open-service';
import { provision } from '#libs/bus/provision';
import { readRemediation } from '#libs/bus/remediation-record';
import { callRpc } from '#libs/bus/rpc';
import { executorVerbs } from '#libs/contracts/rpc';
import {
  consumers,
  deadSubject,
  decidedSubject,
  executorRpcSubject,
  streams,
} from '#libs/contracts/subjects';
import type { Target } from '#libs/contracts/target';
import { type ContainerOptions, startContainer, type TestContainer } from '#libs/testing/container';
import { countEvents } from '#libs/testing/container-events';
import { testEngine } from '#libs/testing/docker-engine';
import { aRequested, aTarget } from '#libs/testing/examples';
import { busyboxImage } from '#libs/testing/images';
import { type NatsServer, startNatsServer } from '#libs/testing/nats-server';
import { approve, finishedOf } from '#libs/testing/played-safety';
import { type CheckRequest, playVerifier } from '#libs/testing/played-verifier';
import { until } from '#libs/testing/until';
import { startExecutor } from './service.ts';

const { docker, dockerHost } = testEngine();
const stop = new AbortController();
let server: NatsServer;
let context: ServiceContext;
let image: string;

const env = () => ({ NATS_URL: server.url, LOG_LEVEL: 'silent', DOCKER_HOST: dockerHost });
const startReplica = (more: NodeJS.ProcessEnv = {}) =>
  startExecutor({ env: { ...env(), ...more }, signal: stop.signal });
const patientOf = (options: Partial<ContainerOptions> = {}) =>
  startContainer(docker, { image, cmd: ['sleep', '1000'], ...options });
const targetOf = ({ name }: TestContainer): Target => aTarget(name);
const restarts = (patient: TestContainer, since: number) =>
  countEvents(docker, { container: patient.id, action: 'restart', since });
const record = async (id: string) => await readRemediation(context.bus, id);
const planFor = (target: Target, more: object = {}) => {
  const { plan } = aRequested({ id: randomUUID(), target });
  const [step] = plan?.steps ?? [];
  if (!step) throw new Error('the example has no step');
  return { runbook: 'test', steps: [{ ...step, ...more }] };
};

beforeAll(async () => {
  [server, image] = await Promise.all([startNatsServer(), busyboxImage(docker)]);
  context = await openService('test', { env: env(), signal: stop.signal });
});
afterAll(async () => {
  stop.abort();
  await context[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

describe('an approved restart', () => {
  it('is carried out once, verified, and told step by step', async () => {
    const asked: CheckRequest[] = [];
    await using _ = await playVerifier(context.bus, (request) => {
      asked.push(request);
      return asked.length < 2 ? { verdict: 'pending' } : {};
    });
    await using _executor = await startReplica();
    await using patient = await patientOf();
    const before = (await patient.container.inspect()).State.StartedAt;
    const since = Date.now();
    const { remediation_id: id } = await approve(context.bus, { target: targetOf(patient) });

    expect(await finishedOf(context.bus, id)).toMatchObject({
      outcome: 'recovered',
      message: 'Container restarted and running',
      reached_docker: true,
      execution_log: [{ step: 1, action: 'restart', status: 'success', verdict: 'healthy' }],
    });
    expect(await restarts(patient, since)).toBe(1);
    expect((await record(id))?.steps[0]).toMatchObject({
      started: {
        body: {
          calls: [`POST /containers/${patient.id}/restart?t=10`],
          settle_seconds: 15,
          evidence: { container_id: patient.id, started_at: before, before: { status: 'running' } },
        },
      },
      executed: { body: { status: 'success', observed: false, reached_docker: true } },
      verified: { body: { verdict: 'healthy' } },
    });
    expect(asked.map(({ started_before }) => started_before)).toEqual([before, before]);
  });

  it('is one span a step, with the container and how it went', async () => {
    const spans: ReadableSpan[] = [];
    const exporter: SpanExporter = {
      export: (ended, done) => {
        spans.push(...ended);
        done({ code: 0 });
      },
      shutdown: async () => {},
    };
    await using _verifier = await playVerifier(context.bus);
    await using _executor = await startExecutor({ env: env(), signal: stop.signal, exporter });
    await using patient = await patientOf();
    const { remediation_id: id } = await approve(context.bus, { target: targetOf(patient) });
    await finishedOf(context.bus, id);
    const steps = await until('the span has ended', () => {
      const ended = spans.filter(({ name }) => name === 'step restart');
      return ended.length > 0 ? ended : undefined;
    });
    expect(steps.map(({ attributes }) => attributes)).toMatchObject([
      { 'container.id': patient.id, 'hemostat.status': 'success', 'hemostat.verdict': 'healthy' },
    ]);
  });

  it('is not done again when every decision comes again, to either of two replicas', async () => {
    await using _verifier = await playVerifier(context.bus);
    await using patient = await patientOf();
    const since = Date.now();
    await using _first = await startReplica();
    await using _second = await startReplica();
    const { remediation_id: id } = await approve(context.bus, { target: targetOf(patient) });
    await finishedOf(context.bus, id);
    await context.bus.jsm.consumers.delete(streams.facts, consumers.executor('local'));
    await provision(context.bus, {
      engines: ['local'],
      factsDays: 7,
      auditPerTarget: 100,
      executorSlots: 64,
    });
    await until('every decision was handled again', async () => {
      const info = await context.bus.jsm.consumers.info(streams.facts, consumers.executor('local'));
      return (info.num_pending === 0 && info.num_ack_pending === 0) || undefined;
    });
    expect(await restarts(patient, since)).toBe(1);
  });

  it('of twenty containers happens once each, at the same time, with two replicas', async () => {
    await using _verifier = await playVerifier(context.bus);
    await using stack = new AsyncDisposableStack();
    const patients = await Promise.all(Array.from({ length: 20 }, () => patientOf()));
    for (const patient of patients) stack.use(patient);
    const since = Date.now();
    stack.use(await startReplica());
    stack.use(await startReplica());
    const approved = await Promise.all(
      patients.map((patient) => approve(context.bus, { target: targetOf(patient) })),
    );
    const ends = await Promise.all(approved.map((each) => finishedOf(context.bus, each.remediation_id)));
    expect(new Set(ends.map(({ outcome }) => outcome))).toEqual(new Set(['recovered']));
    const counts = await Promise.all(patients.map((patient) => restarts(patient, since)));
    expect(counts).toEqual(patients.map(() => 1));
  });

  it('escalates to the next step on exactly unhealthy, and says what it skipped', async () => {
    const end = async (verdict: 'unhealthy' | 'inconclusive') => {
      await using _verifier = await playVerifier(context.bus, () => ({ verdict }));
      await using patient = await patientOf();
      const since = Date.now();
      const target = targetOf(patient);
      const [step] = planFor(target).steps;
      if (!step) throw new Error('no step');
      const plan = { runbook: 'test', steps: [step, { ...step, n: 2, when: 'if_unhealthy' as const }] };
      const { remediation_id: id } = await approve(context.bus, { target, plan });
      const { outcome, execution_log } = await finishedOf(context.bus, id);
      return [outcome, execution_log.map(({ status }) => status), await restarts(patient, since)];
    };
    await using _executor = await startReplica();
    expect(await end('unhealthy')).toEqual(['ineffective', ['success', 'success'], 2]);
    expect(await end('inconclusive')).toEqual(['inconclusive', ['success', 'skipped'], 1]);
  });

  it('is inconclusive, and no failure, while no verifier answers', async () => {
    await using _executor = await startReplica();
    await using patient = await patientOf();
    const target = targetOf(patient);
    const verify = { state: 'running', http_health: false, stability_seconds: 0, timeout_seconds: 0.1 };
    const { remediation_id: id } = await approve(context.bus, { target, plan: planFor(target, { verify }) });
    const { outcome, message } = await finishedOf(context.bus, id, 25_000);
    expect(outcome).toBe('inconclusive');
    expect(message).toContain('verifier service does not answer');
  });
});

describe('nothing is called', () => {
  const end = async (example: Omit<Parameters<typeof approve>[1], 'target'>, target?: Target) => {
    await using patient = await patientOf();
    const since = Date.now();
    const { remediation_id: id } = await approve(context.bus, {
      ...example,
      target: target ?? targetOf(patient),
    });
    const finished = await finishedOf(context.bus, id);
    return { ...finished, id, restarts: await restarts(patient, since) };
  };
  let executor: AsyncDisposable;
  beforeAll(async () => {
    executor = await startReplica();
  });
  afterAll(() => executor[Symbol.asyncDispose]());

  it('when the lease is another one’s, of another epoch, closing, or gone', async () => {
    for (const lease of [{ id: randomUUID() }, { epoch: 7 }, { state: 'closing' as const }, null]) {
      expect(await end({ lease })).toMatchObject({
        outcome: 'expired',
        reached_docker: false,
        restarts: 0,
        execution_log: [{ status: 'not_started' }],
      });
    }
  });

  it('when the request has expired', async () => {
    expect(await end({ expiresInMs: -1_000 })).toMatchObject({
      outcome: 'expired',
      reached_docker: false,
      restarts: 0,
    });
  });

  it('when there is no such container, and no budget is spent', async () => {
    expect(await end({}, aTarget('nobody-1'))).toMatchObject({
      outcome: 'failed',
      message: 'Container not found: nobody-1',
      reached_docker: false,
    });
  });

  it('when a step is on a target that no lease was granted for', async () => {
    expect(await end({ plan: planFor(aTarget('somebody-else')) })).toMatchObject({
      outcome: 'expired',
      restarts: 0,
    });
  });

  it('when the container is protected by now, whatever was decided', async () => {
    await using patient = await patientOf({ labels: { 'hemostat.protect': 'true' } });
    const since = Date.now();
    const { remediation_id: id } = await approve(context.bus, { target: targetOf(patient) });
    expect(await finishedOf(context.bus, id)).toMatchObject({ outcome: 'failed', reached_docker: false });
    expect(await restarts(patient, since)).toBe(0);
  });

  it('for a decision that cannot be read: it ends among the dead letters, with the reason', async () => {
    const subject = decidedSubject(randomUUID(), 'local');
    const letters = context.bus.nc.subscribe(deadSubject('unreadable_decision'), { max: 1 });
    await publishStored(context.bus, subject, { verdict: 'approved', surprise: true });
    for await (const letter of letters) {
      expect(letter.json()).toMatchObject({ subject, message: expect.stringContaining('no decision') });
    }
  });

  it('when the action is not known here, and the intent says that nothing will be called', async () => {
    await using patient = await patientOf();
    const target = targetOf(patient);
    const { outcome, id } = await end({ plan: planFor(target, { action: 'explode' }) }, target);
    expect(outcome).toBe('failed');
    expect((await record(id))?.steps[0]?.started?.body.calls).toEqual([]);
  });
});

describe('without Docker', () => {
  it('the executor runs, says 503, fails what is approved without spending budget, and answers others', async () => {
    await using _executor = await startReplica({ DOCKER_HOST: 'unix:///nowhere/docker.sock' });
    const ask = callRpc(
      context.bus,
      executorRpcSubject('local', 'resolve'),
      executorVerbs.resolve,
      { container: 'web' },
      { timeoutMs: 3_000 },
    );
    await expect(ask).rejects.toMatchObject({ code: 'docker_unavailable', status: 503 });
    const { remediation_id: id } = await approve(context.bus, { target: aTarget('web') });
    expect(await finishedOf(context.bus, id)).toMatchObject({
      outcome: 'failed',
      reached_docker: false,
      message: expect.stringContaining('Cannot connect to the Docker daemon'),
    });
  });
});

describe('others ask', () => {
  const subject = (verb: string) => executorRpcSubject('local', verb);
  const wait = { timeoutMs: 3_000 };
  let executor: AsyncDisposable;
  beforeAll(async () => {
    executor = await startReplica({ HEMOSTAT_PROTECT: 'sacred' });
  });
  afterAll(() => executor[Symbol.asyncDispose]());

  it('who a name is, and get the same target for name and id', async () => {
    await using patient = await patientOf({ labels: { 'hemostat.protect': 'true' } });
    const resolve = (container: string) =>
      callRpc(context.bus, subject('resolve'), executorVerbs.resolve, { container }, wait);
    const byName = await resolve(patient.name);
    expect(byName).toMatchObject({
      status: 'resolved',
      resolved: { target: targetOf(patient), protected_by: 'its label hemostat.protect' },
    });
    expect(await resolve(patient.id)).toEqual(byName);
    expect(await resolve(patient.id.slice(0, 12))).toEqual(byName);
    expect(await resolve('nobody-1')).toMatchObject({ status: 'not_found' });
  });

  it('what a plan would do, and nothing is done', async () => {
    await using patient = await patientOf({ create: { StopTimeout: 3 } });
    const since = Date.now();
    const plan = planFor(targetOf(patient));
    const preview = await callRpc(context.bus, subject('preview'), executorVerbs.preview, { plan }, wait);
    expect(preview.steps).toEqual([
      {
        n: 1,
        action: 'restart',
        command: `docker restart --time 3 ${patient.name}`,
        calls: [`POST /containers/${patient.id}/restart?t=3`],
        risk_level: 'medium',
        reversible: false,
        estimated_downtime_seconds: 3,
        notes: [],
      },
    ]);
    expect(await restarts(patient, since)).toBe(0);
  });

  it('how a target is right now, also when it is gone', async () => {
    const patient = await patientOf();
    const inspect = () =>
      callRpc(context.bus, subject('inspect'), executorVerbs.inspect, { target: targetOf(patient) }, wait);
    expect(await inspect()).toMatchObject({ exists: true, status: 'running', container_id: patient.id });
    await patient[Symbol.asyncDispose]();
    expect(await inspect()).toMatchObject({ exists: false, running: false });
  });

  it('what there is', async () => {
    await using patient = await patientOf();
    const { targets } = await until('it is listed as running', async () => {
      const listed = await callRpc(context.bus, subject('targets'), executorVerbs.targets, {}, wait);
      const running = listed.targets.filter(({ state }) => state === 'running');
      return running.some((each) => each.container_id === patient.id) ? listed : undefined;
    });
    expect(targets.find((each) => each.container_id === patient.id)).toMatchObject({
      image,
      state: 'running',
    });
  });
});
