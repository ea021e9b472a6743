import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readStep } from '#libs/bus/remediation-record';
import type { Details } from '#libs/contracts/scalars';
import { streams } from '#libs/contracts/subjects';
import type { ContainerOptions, TestContainer } from '#libs/testing/container';
import { type DockerRelay, startDockerRelay } from '#libs/testing/docker-relay';
import { approve, finishedOf } from '#libs/testing/played-safety';
import { playVerifier } from '#libs/testing/played-verifier';
import { restartPlan, type ServiceGround, startServiceGround, targetOf } from '#libs/testing/service-ground';
import { until } from '#libs/testing/until';
import { tailText } from './logs-tail.ts';
import { startExecutor } from './service.ts';

describe('the tail of a log', () => {
  const tail = (text: string, cut = false) => tailText({ bytes: Buffer.from(text), cut });
  const numbered = (count: number, width = 1) =>
    Array.from({ length: count }, (_, at) => `${at}`.padEnd(width, '.')).join('\n');

  it('is its last 50 lines, of these whole ones in 4 KiB, and at least the end of the last', () => {
    expect(tail(`${numbered(60)}\n`)).toBe(numbered(60).split('\n').slice(10).join('\n'));
    expect(tail(numbered(50, 100)).split('\n')).toHaveLength(40);
    expect(tail(`a\n${'é'.repeat(4_000)}`)).toBe('é'.repeat(2_048));
    expect(tail('')).toBe('');
  });

  it('shows nothing of a secret, also where the log is cut', () => {
    expect(tail('PASSWORD=canary')).toBe('PASSWORD=(not shown)');
    expect(tail('canary\nwell', true)).toBe('well');
    expect(tail('canary', true)).toBe('');
    expect(tail('canary\n-----END PRIVATE KEY-----\nwell')).toBe('well');
    const key = `-----BEGIN PRIVATE KEY-----\n${'canary\n'.repeat(60)}-----END PRIVATE KEY-----\nwell`;
    expect(tail(key)).toBe('(not shown)\nwell');
  });
});

describe('before a container is restarted, stopped or killed', () => {
  let ground: ServiceGround;
  let relay: DockerRelay;
  const stack = new AsyncDisposableStack();
  beforeAll(async () => {
    ground = stack.use(await startServiceGround());
    relay = stack.use(await startDockerRelay());
    stack.use(await playVerifier(ground.context.bus));
    const env = { ...ground.env, DOCKER_HOST: relay.dockerHost };
    stack.use(await startExecutor({ env, signal: ground.signal }));
  });
  afterAll(() => stack.disposeAsync());

  const says =
    'echo one; sleep 0.3; echo two >&2; sleep 0.3; echo DB_PASSWORD=canary; echo three; exec sleep 1000';
  /** Runs until it has said all. The engine keeps the order of the streams only where they do not come at once. */
  async function speaker(options: Partial<ContainerOptions> = {}): Promise<TestContainer> {
    const patient = await ground.patient({ cmd: ['sh', '-c', says], ...options });
    await until(
      'it sleeps',
      async () =>
        JSON.stringify((await patient.container.top()).Processes).includes('"sleep 1000"') || undefined,
    );
    return patient;
  }
  async function act(
    patient: TestContainer,
    action = 'restart',
  ): Promise<{ id: string; evidence?: Details }> {
    const target = targetOf(patient);
    const { remediation_id: id } = await approve(ground.context.bus, {
      target,
      plan: restartPlan(target, { action }),
    });
    expect(await finishedOf(ground.context.bus, id)).toMatchObject({ outcome: 'recovered' });
    const evidence = (await readStep(ground.context.bus, id, 1)).started?.body.evidence;
    return { id, ...(evidence ? { evidence } : {}) };
  }

  it.each(['restart', 'stop', 'kill'])(
    'to %s it, what it wrote last is kept without secrets',
    async (action) => {
      await using patient = await speaker();
      const { id, evidence } = await act(patient, action);
      expect(evidence?.logs_tail).toBe('one\ntwo\nDB_PASSWORD=(not shown)\nthree');
      const { jsm } = ground.context.bus;
      const facts: string[] = [];
      const { last_seq: last } = (await jsm.streams.info(streams.facts)).state;
      for (let seq = 1; seq <= last; seq += 1) {
        facts.push((await jsm.streams.getMessage(streams.facts, { seq }))?.string() ?? '');
      }
      expect(facts.join('\n')).toContain(id);
      expect(facts.join('\n')).not.toContain('canary');
    },
  );

  it('what it wrote to a terminal is kept, too', async () => {
    await using patient = await speaker({ create: { Tty: true } });
    expect((await act(patient)).evidence?.logs_tail).toBe('one\ntwo\nDB_PASSWORD=(not shown)\nthree');
  });

  it('a log that nobody can read is no obstacle', async () => {
    await using patient = await speaker({ hostConfig: { LogConfig: { Type: 'none', Config: {} } } });
    expect((await act(patient)).evidence?.logs_tail).toBeNull();
  });

  it('a log that comes too slowly is waited for a second and no longer', async () => {
    await using patient = await speaker();
    const never = Promise.withResolvers<void>();
    let askedAt = 0;
    let restartedAt = 0;
    relay.before = (_method, path) => {
      if (path.includes('/restart')) restartedAt = performance.now();
      if (!path.includes('/logs')) return;
      askedAt = performance.now();
      return never.promise;
    };
    expect((await act(patient)).evidence?.logs_tail).toBeNull();
    expect(restartedAt - askedAt).toBeGreaterThan(900);
    never.resolve();
    relay.before = () => {};
  });
});
