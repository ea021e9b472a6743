import { expect, it } from 'vitest';
import { containerReadingSchema } from '#libs/contracts/rpc';
import { type ContainerInspection, inspectionSchema } from './answers.ts';
import { noContainer, readingOf, stopTimeoutOf } from './container-reading.ts';

const never = '0001-01-01T00:00:00Z';

function inspection(state: object = {}, config: object = {}, more: object = {}): ContainerInspection {
  return inspectionSchema.parse({
    Id: 'a'.repeat(64),
    Name: '/web',
    State: {
      Status: 'running',
      Running: true,
      Paused: false,
      Restarting: false,
      OOMKilled: false,
      ExitCode: 0,
      StartedAt: '2024-11-02T19:45:30.123456789Z',
      FinishedAt: never,
      ...state,
    },
    Config: { Labels: null, ...config },
    ...more,
  });
}

it('reads what has not happened as nothing', () => {
  expect(containerReadingSchema.parse(readingOf(inspection()))).toMatchObject({
    started_at: '2024-11-02T19:45:30.123456789Z',
    finished_at: null,
    health: 'none',
    health_log: null,
  });
  expect(containerReadingSchema.parse(noContainer).exists).toBe(false);
});

it('tells an exit code only of a run that has ended', () => {
  const codeOf = (state: object) => readingOf(inspection({ ExitCode: 7, ...state })).exit_code;
  expect(codeOf({})).toBeNull();
  expect(codeOf({ Status: 'created', Running: false, StartedAt: never })).toBeNull();
  expect(codeOf({ Status: 'exited', Running: false })).toBe(7);
  expect(codeOf({ Status: 'restarting', Restarting: true })).toBe(7);
});

it('tells what the HEALTHCHECK states in seconds, by the defaults of Docker where it states nothing', () => {
  const stated = (Healthcheck: object | null) => readingOf(inspection({}, { Healthcheck })).healthcheck;
  expect(
    stated({ Test: ['CMD', 'true'], StartPeriod: 180e9, Interval: 1.5e9, Retries: 5, StartInterval: 1 }),
  ).toEqual({ start_period_seconds: 180, interval_seconds: 1.5, retries: 5 });
  expect(stated({ Test: ['CMD', 'true'], Interval: 0 })).toEqual({
    start_period_seconds: 0,
    interval_seconds: 30,
    retries: 3,
  });
  expect([stated(null), stated({ Test: ['NONE'] }), stated({})]).toEqual([undefined, undefined, undefined]);
});

it('carries the last word of the health check, cut to a size', () => {
  const Health = { Status: 'unhealthy', Log: [{ Output: 'old' }, { Output: `${'x'.repeat(600)}\n` }] };
  const reading = readingOf(inspection({ Health }));
  expect(reading.health).toBe('unhealthy');
  expect(reading.health_log).toBe('x'.repeat(500));
});

it('takes the stop time-out from the label, else from the container itself', () => {
  expect(stopTimeoutOf(inspection())).toBeNull();
  expect(stopTimeoutOf(inspection({}, { StopTimeout: 30 }))).toBe(30);
  const Labels = { 'hemostat.stop-timeout': '45' };
  expect(stopTimeoutOf(inspection({}, { StopTimeout: 30, Labels }))).toBe(45);
  const wrong = { 'hemostat.stop-timeout': 'soon' };
  expect(stopTimeoutOf(inspection({}, { StopTimeout: 30, Labels: wrong }))).toBe(30);
});

it('tells the limits, and no limit where the engine writes nothing, 0 or -1', () => {
  const HostConfig = {
    Memory: 67_108_864,
    MemorySwap: -1,
    NanoCpus: 500_000_000,
    CpuShares: 0,
    PidsLimit: null,
    RestartPolicy: { Name: 'always' },
    AutoRemove: true,
  };
  const reading = containerReadingSchema.parse(
    readingOf(inspection({}, { StopSignal: 'SIGQUIT' }, { HostConfig })),
  );
  expect(reading.resources).toEqual({
    memory_bytes: 67_108_864,
    memory_swap_bytes: null,
    cpus: 0.5,
    cpu_shares: null,
    pids_limit: null,
  });
  expect(reading.ending).toEqual({ restart_policy: 'always', stop_signal: 'SIGQUIT', removed: true });
});

it('tells no limits of an engine that does not', () => {
  const reading = containerReadingSchema.parse(readingOf(inspection()));
  expect(reading.resources).toBeUndefined();
  expect(reading.ending).toEqual({ restart_policy: 'no', stop_signal: null, removed: false });
});
