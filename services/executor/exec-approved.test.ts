import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';
import { afterAll, expect, it } from 'vitest';
import type { Details } from '#libs/contracts/scalars';
import type { Target } from '#libs/contracts/target';
import { approve, finishedOf } from '#libs/testing/played-safety';
import { restartPlan, startServiceGround, targetOf } from '#libs/testing/service-ground';
import { startSwarm } from '#libs/testing/swarm-ground';
import { startExecutor } from './service.ts';

const ground = await startServiceGround();
const { bus } = ground.context;
afterAll(() => ground[Symbol.asyncDispose]());

const spans: ReadableSpan[] = [];
const exporter: SpanExporter = {
  export: (ended, done) => {
    spans.push(...ended);
    done({ code: 0 });
  },
  shutdown: async () => {},
};
const execPlan = (target: Target, params: Details) =>
  restartPlan(target, { action: 'exec', params, verify: null });

it('a command outside the grammar is not run, even if safety approved it', async () => {
  await using _executor = await startExecutor({ env: ground.env, signal: ground.signal });
  await using patient = await ground.patient();
  const target = targetOf(patient);
  for (const [command, outcome] of [
    [['sh', '-c', 'id'], 'not_applicable'],
    [['date', '-s', '2020-01-01'], 'not_applicable'],
    ['ps; id', 'failed'],
  ] as const) {
    const { remediation_id: id } = await approve(bus, { target, plan: execPlan(target, { command }) });
    expect(await finishedOf(bus, id)).toMatchObject({ outcome, reached_docker: false, effects: [] });
  }
  expect((await patient.container.inspect()).ExecIDs).toBeNull();
});

it('a command is run once, under its intent, and what it printed is in no span', async () => {
  await using patient = await ground.patient({ env: { DB_PASSWORD: 'canary' } });
  const target = targetOf(patient);
  const since = Date.now();
  {
    await using _executor = await startExecutor({ env: ground.env, signal: ground.signal, exporter });
    const { remediation_id: id } = await approve(bus, {
      target,
      plan: execPlan(target, { command: 'ps -o args' }),
    });
    expect(await finishedOf(bus, id)).toMatchObject({
      outcome: 'executed',
      reached_docker: true,
      effects: [],
    });
    const { started } = (await ground.record(id))?.steps[0] ?? {};
    expect(started?.body.calls.join()).toContain(`POST /containers/${patient.id}/exec {`);
    expect(started?.body.calls.join()).toContain('"Cmd":["ps","-o","args"]');
    expect(await ground.count(patient, 'exec_create: ps -o args', since)).toBe(1);
  }
  const names = spans.map(({ name }) => name);
  expect(names).toContain('docker POST /containers/{id}/exec');
  expect(
    JSON.stringify(spans.map(({ name, attributes, events }) => ({ name, attributes, events }))),
  ).not.toMatch(/sleep|canary|COMMAND/);
});

it('of a Swarm service one container is looked at, and it is told which', async () => {
  await using swarm = await startSwarm();
  if (!swarm) return;
  const name = await swarm.service({ replicas: 2 });
  const env = { ...ground.env, DOCKER_HOST: swarm.dockerHost, HEMOSTAT_ENGINE: 'swarmed' };
  await using _executor = await startExecutor({ env, signal: ground.signal });
  const target = { engine: 'swarmed', kind: 'swarm', name } as const;
  const { remediation_id: id } = await approve(bus, {
    target,
    docker: swarm.docker,
    plan: execPlan(target, { command: 'whoami' }),
  });
  const { outcome, execution_log } = await finishedOf(bus, id);
  expect(outcome).toBe('executed');
  expect(execution_log[0]?.result).toMatchObject({ command: 'whoami', output: 'root\n' });
  expect(await swarm.containers(name)).toContain(execution_log[0]?.result.container);
}, 120_000);
