import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';
import { afterAll, describe, expect, it } from 'vitest';
import { provision } from '#libs/bus/provision';
import { consumers, streams } from '#libs/contracts/subjects';
import { approve, finishedOf } from '#libs/testing/played-safety';
import { type CheckRequest, playVerifier } from '#libs/testing/played-verifier';
import { restartPlan, startServiceGround, targetOf } from '#libs/testing/service-ground';
import { until } from '#libs/testing/until';
import { startExecutor } from './service.ts';

const ground = await startServiceGround();
const { bus } = ground.context;
const start = (more: NodeJS.ProcessEnv = {}, exporter?: SpanExporter) =>
  startExecutor({
    env: { ...ground.env, ...more },
    signal: ground.signal,
    ...(exporter ? { exporter } : {}),
  });
afterAll(() => ground[Symbol.asyncDispose]());

describe('an approved restart', () => {
  it('is carried out once, verified, and told step by step', async () => {
    const asked: CheckRequest[] = [];
    await using _ = await playVerifier(bus, (request) => {
      asked.push(request);
      return asked.length < 2 ? { verdict: 'pending' } : {};
    });
    await using _executor = await start();
    await using patient = await ground.patient();
    const before = (await patient.container.inspect()).State.StartedAt;
    const since = Date.now();
    const { remediation_id: id } = await approve(bus, { target: targetOf(patient) });

    expect(await finishedOf(bus, id)).toMatchObject({
      outcome: 'recovered',
      message: 'Container restarted and running',
      reached_docker: true,
      execution_log: [{ step: 1, action: 'restart', status: 'success', verdict: 'healthy' }],
    });
    expect(await ground.count(patient, 'restart', since)).toBe(1);
    expect((await ground.record(id))?.steps[0]).toMatchObject({
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
    await using _verifier = await playVerifier(bus);
    await using _executor = await start({}, exporter);
    await using patient = await ground.patient();
    const { remediation_id: id } = await approve(bus, { target: targetOf(patient) });
    await finishedOf(bus, id);
    const steps = await until('the span has ended', () => {
      const ended = spans.filter(({ name }) => name === 'step restart');
      return ended.length > 0 ? ended : undefined;
    });
    expect(steps.map(({ attributes }) => attributes)).toMatchObject([
      { 'container.id': patient.id, 'hemostat.status': 'success', 'hemostat.verdict': 'healthy' },
    ]);
  });

  it('is not done again when every decision comes again, to either of two replicas', async () => {
    await using _verifier = await playVerifier(bus);
    await using patient = await ground.patient();
    const since = Date.now();
    await using _first = await start();
    await using _second = await start();
    const { remediation_id: id } = await approve(bus, { target: targetOf(patient) });
    await finishedOf(bus, id);
    await bus.jsm.consumers.delete(streams.facts, consumers.executor('local'));
    await provision(bus, {
      engines: ['local'],
      factsDays: 7,
      auditPerTarget: 100,
      executorSlots: 64,
    });
    await until('every decision was handled again', async () => {
      const info = await bus.jsm.consumers.info(streams.facts, consumers.executor('local'));
      return (info.num_pending === 0 && info.num_ack_pending === 0) || undefined;
    });
    expect(await ground.count(patient, 'restart', since)).toBe(1);
  });

  it('of twenty containers happens once each, at the same time, with two replicas', async () => {
    await using _verifier = await playVerifier(bus);
    await using stack = new AsyncDisposableStack();
    const patients = await Promise.all(Array.from({ length: 20 }, () => ground.patient()));
    for (const patient of patients) stack.use(patient);
    const since = Date.now();
    stack.use(await start());
    stack.use(await start());
    const approved = await Promise.all(
      patients.map((patient) => approve(bus, { target: targetOf(patient) })),
    );
    const ends = await Promise.all(approved.map((each) => finishedOf(bus, each.remediation_id)));
    expect(new Set(ends.map(({ outcome }) => outcome))).toEqual(new Set(['recovered']));
    const counts = await Promise.all(patients.map((patient) => ground.count(patient, 'restart', since)));
    expect(counts).toEqual(patients.map(() => 1));
  });

  it('escalates to the next step on exactly unhealthy, and says what it skipped', async () => {
    const end = async (verdict: 'unhealthy' | 'inconclusive') => {
      await using _verifier = await playVerifier(bus, () => ({ verdict }));
      await using patient = await ground.patient();
      const since = Date.now();
      const target = targetOf(patient);
      const plan = restartPlan(target, {}, { when: 'if_unhealthy' });
      const { remediation_id: id } = await approve(bus, { target, plan });
      const { outcome, execution_log } = await finishedOf(bus, id);
      return [
        outcome,
        execution_log.map(({ status }) => status),
        await ground.count(patient, 'restart', since),
      ];
    };
    await using _executor = await start();
    expect(await end('unhealthy')).toEqual(['ineffective', ['success', 'success'], 2]);
    expect(await end('inconclusive')).toEqual(['inconclusive', ['success', 'skipped'], 1]);
  });

  it('is inconclusive, and no failure, while no verifier answers', async () => {
    await using _executor = await start();
    await using patient = await ground.patient();
    const target = targetOf(patient);
    const verify = {
      state: 'running' as const,
      http_health: false,
      stability_seconds: 0,
      timeout_seconds: 0.1,
    };
    const { remediation_id: id } = await approve(bus, { target, plan: restartPlan(target, { verify }) });
    const { outcome, message } = await finishedOf(bus, id, 25_000);
    expect(outcome).toBe('inconclusive');
    expect(message).toContain('verifier service does not answer');
  });
});
