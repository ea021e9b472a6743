import { describe, expect, it } from 'vitest';
import type { ContainerReading, Member, ReplicasWanted } from '#libs/contracts/rpc';
import { beginning, type Judgement, judge } from './judge.ts';

const began = Date.parse('2025-01-01T00:00:00.000Z');
const oldRun = '2024-12-31T00:00:00Z';
const newRun = '2025-01-01T00:00:00Z';

const service: ContainerReading = {
  exists: true,
  container_id: null,
  status: '2 of 2 running',
  running: true,
  paused: false,
  restarting: false,
  started_at: newRun,
  finished_at: null,
  exit_code: null,
  oom_killed: false,
  health: 'none',
  health_log: null,
};
const swarm = (running: number, more: Partial<ContainerReading> = {}): ContainerReading => ({
  ...service,
  replicas: { desired: 2, running, version: 7, force_update: 1, update_trouble: null },
  ...more,
});
const member: Member = {
  container_id: 'ab',
  container_name: 'shop-api-1',
  status: 'running',
  running: true,
  restarting: false,
  started_at: newRun,
  exit_code: 0,
  health: 'none',
  made_by: null,
};
const compose = (...members: readonly Partial<Member>[]): ContainerReading => ({
  ...service,
  replicas: { desired: 2, running: 2, members: members.map((each) => ({ ...member, ...each })) },
});

type Asked = { readonly startedBefore?: string; readonly replicas?: ReplicasWanted };

/** One look a second, from the first second on. */
function watched(readings: readonly ContainerReading[], { startedBefore, replicas }: Asked = {}): Judgement {
  const expectation = {
    state: 'running' as const,
    http_health: false,
    stability_seconds: 2,
    timeout_seconds: 10,
    starting_seconds: 60,
  };
  const question = { expectation, startedBefore: startedBefore ?? null, replicas };
  let judgement: Judgement | undefined;
  let nowMs = began;
  for (const container of readings) {
    nowMs += 1_000;
    const before = judgement?.progress ?? beginning(began);
    judgement = judge(before, { container, http: null }, question, nowMs);
    if (judgement.verdict !== 'pending') return judgement;
  }
  if (!judgement) throw new Error('nothing was looked at');
  return judgement;
}

const many = (reading: ContainerReading, times = 12) => Array.from({ length: times }, () => reading);

describe('a Swarm service', () => {
  it('is healthy once all it wants has run without a break for long enough', () => {
    expect(watched(many(swarm(2), 2)).verdict).toBe('pending');
    expect(watched([swarm(0), swarm(1), swarm(2), ...many(swarm(2))])).toMatchObject({
      verdict: 'healthy',
      message: '2 of 2 replicas run, stably.',
    });
  });

  it('counts as started anew only when its tasks are others', () => {
    const old = swarm(2, { started_at: oldRun });
    expect(watched(many(old), { startedBefore: oldRun })).toMatchObject({
      verdict: 'unhealthy',
      message: expect.stringContaining('not been started anew'),
    });
    expect(watched([old, ...many(swarm(2))], { startedBefore: oldRun }).verdict).toBe('healthy');
  });

  it('whose tasks come up one after the other is not called crash-looping', () => {
    const rising = [1, 2, 3, 4].map((n) => swarm(1, { started_at: `2025-01-01T00:00:0${n}Z` }));
    expect(
      watched([...rising, ...many(swarm(2, { started_at: rising[3]?.started_at ?? null }))]),
    ).toMatchObject({ verdict: 'healthy' });
  });

  it('is unhealthy when time is up and some do not run, with the reason that Swarm gives', () => {
    expect(watched(many(swarm(1, { health_log: 'no suitable node' })))).toMatchObject({
      verdict: 'unhealthy',
      message: expect.stringContaining('1 of 2 replicas run (no suitable node)'),
    });
  });

  it('is unhealthy at once when Swarm gave the update up, and when it keeps falling', () => {
    const replicas = { desired: 2, running: 2, update_trouble: 'rollback_completed: it failed' };
    expect(watched([swarm(2, { replicas })])).toMatchObject({ verdict: 'unhealthy' });
    const falling = [1, 2, 3].flatMap((n) => [swarm(2, { started_at: `2025-01-01T00:00:0${n}Z` }), swarm(1)]);
    expect(watched(falling)).toMatchObject({
      verdict: 'unhealthy',
      message: expect.stringContaining('crash-looping'),
    });
  });

  it('one of whose tasks waits for its HEALTHCHECK is waited for, too, and then nobody knows', () => {
    const healthcheck = { start_period_seconds: 4, interval_seconds: 1, retries: 2 };
    const starting = swarm(1, { health: 'starting', healthcheck });
    expect(watched([...many(starting, 21), ...many(swarm(2), 4)]).verdict).toBe('healthy');
    expect(watched(many(starting, 30))).toMatchObject({
      verdict: 'inconclusive',
      message: expect.stringContaining('Time is up after 24 s: its HEALTHCHECK'),
    });
  });

  it('has to run as many as were asked for, whatever it wants by now', () => {
    expect(watched(many(swarm(2)), { replicas: { running: 3, made_by: null } }).verdict).toBe('unhealthy');
  });
});

describe('a Compose service', () => {
  const wanted = { running: 1, made_by: 'me' };

  it('is judged by the containers that the remediation made, and not by those that ail beside them', () => {
    const reading = compose({ health: 'unhealthy' }, { made_by: 'me' });
    expect(watched(many(reading), { replicas: wanted }).verdict).toBe('healthy');
    expect(watched(many(reading)).verdict).toBe('unhealthy');
  });

  it('is unhealthy soon when a new one ended, and waits for a HEALTHCHECK that has not spoken', () => {
    const ended = { made_by: 'me', running: false, status: 'exited', exit_code: 3 };
    expect(watched(many(compose({}, ended), 2), { replicas: wanted })).toMatchObject({
      verdict: 'unhealthy',
      message: expect.stringContaining('shop-api-1 has exited with exit code 3'),
    });
    const created = { made_by: 'me', running: false, status: 'created', exit_code: null };
    expect(watched(many(compose({}, created), 2), { replicas: wanted }).message).toContain(
      'shop-api-1 was created and never started',
    );
    const starting = compose({}, { made_by: 'me', health: 'starting' });
    expect(watched(many(starting), { replicas: wanted }).verdict).toBe('inconclusive');
  });
});
