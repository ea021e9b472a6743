import { describe, expect, it } from 'vitest';
import { type SwarmService, swarmServiceSchema } from '#libs/actions/swarm/service';
import type { Details } from '#libs/contracts/scalars';
import { swarmReading } from './service-reading.ts';

const service = (forceUpdate: number, more: Details = {}): SwarmService =>
  swarmServiceSchema.parse({
    ID: 'abc',
    Version: { Index: 7 },
    Spec: {
      Name: 'api',
      Mode: { Replicated: { Replicas: 2 } },
      TaskTemplate: { ForceUpdate: forceUpdate },
    },
    ...more,
  });
const task = (ForceUpdate: number, Timestamp: string, State = 'running', DesiredState = 'running') => ({
  DesiredState,
  Status: { State, Timestamp, Err: State === 'rejected' ? 'no such image' : null },
  Spec: { ForceUpdate },
});

describe('the reading of a Swarm service', () => {
  it('counts only tasks of the newest kind, so that a half-replaced service does not look restarted', () => {
    const half = [task(0, '2025-01-01T00:00:00Z'), task(1, '2025-01-01T00:00:09Z')];
    expect(swarmReading(service(1), half)).toMatchObject({
      running: false,
      restarting: true,
      started_at: '2025-01-01T00:00:09Z',
      replicas: { desired: 2, running: 1, version: 7, force_update: 1, update_trouble: null },
    });
    expect(swarmReading(service(0), half).replicas?.running).toBe(1);
  });

  it('counts no task that Swarm wants to end, and says why one does not run', () => {
    const tasks = [
      task(0, '2025-01-01T00:00:00Z', 'running', 'shutdown'),
      task(0, '2025-01-01T00:00:01Z', 'running'),
      task(0, '2025-01-01T00:00:02Z', 'rejected'),
    ];
    expect(swarmReading(service(0), tasks)).toMatchObject({
      status: '1 of 2 running',
      health_log: 'no such image',
    });
  });

  it('is starting while Swarm waits for the HEALTHCHECK of a task', () => {
    const healthcheck = { start_period_seconds: 60, interval_seconds: 5, retries: 3 };
    const tasks = [task(0, '2025-01-01T00:00:00Z'), task(0, '2025-01-01T00:00:01Z', 'starting')];
    expect(swarmReading(service(0), tasks, healthcheck)).toMatchObject({ health: 'starting', healthcheck });
    expect(swarmReading(service(0), tasks).health).toBe('none');
  });

  it('tells an update that Swarm gave up from one that goes on or came to its end', () => {
    const troubleOf = (State: string) =>
      swarmReading(service(0, { UpdateStatus: { State, Message: 'it failed' } }), []).replicas
        ?.update_trouble;
    expect(['updating', 'completed'].map(troubleOf)).toEqual([null, null]);
    expect(['paused', 'rollback_completed'].map(troubleOf)).toEqual([
      'paused: it failed',
      'rollback_completed: it failed',
    ]);
  });
});
