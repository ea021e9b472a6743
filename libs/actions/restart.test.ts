import { describe, expect, it } from 'vitest';
import type { ContainerReading } from '#libs/contracts/rpc';
import type { Patient, Prepared } from './action.ts';
import { callText } from './engine-port.ts';
import { restart } from './restart.ts';

const id = 'ab'.repeat(32);
const reading: ContainerReading = {
  exists: true,
  container_id: id,
  status: 'running',
  running: true,
  paused: false,
  restarting: false,
  started_at: '2024-11-02T19:45:30.1Z',
  finished_at: null,
  exit_code: 0,
  oom_killed: false,
  health: 'none',
  health_log: null,
};
const patient: Patient = {
  target: { engine: 'local', kind: 'container', name: 'web' },
  container_id: id,
  container_name: 'web',
  reading,
  protected_by: null,
  stop_timeout_seconds: null,
  network_dependents: [],
};

function prepare(change: Partial<Patient> = {}): Prepared {
  const prepared = restart.prepare({ ...patient, ...change }, {});
  if (prepared.kind !== 'ready') throw new Error(prepared.message);
  return prepared;
}

describe('restart prepares', () => {
  it('ten seconds of grace where the container states none, and its own where it does', () => {
    expect(prepare().calls.map(callText)).toEqual([`POST /containers/${id}/restart?t=10`]);
    expect(prepare({ stop_timeout_seconds: 45 })).toMatchObject({
      command: 'docker restart --time 45 web',
      settle_seconds: 50,
    });
    expect(prepare({ stop_timeout_seconds: 0 }).settle_seconds).toBe(5);
  });

  it('an end for a container that wants to be waited for without end, and says so', () => {
    const prepared = prepare({ stop_timeout_seconds: -1 });
    expect(prepared.settle_seconds).toBe(605);
    expect(prepared.notes).toEqual(['its stop time-out (none) is cut to 600 s']);
  });

  it('a word on containers that lose their network', () => {
    expect(prepare({ network_dependents: ['sidecar'] }).notes[0]).toContain('sidecar');
  });
});

describe('restart finds out afterwards', () => {
  const { evidence } = prepare();
  const look = (now: Partial<ContainerReading>) => restart.observe(evidence, { ...reading, ...now });

  it('that it happened, when the container was started anew, even if it has exited since', () => {
    const started_at = '2024-11-02T19:46:00Z';
    expect(look({ started_at }).kind).toBe('happened');
    expect(look({ started_at, running: false, status: 'exited' }).kind).toBe('happened');
  });

  it('that it is half done, when the container was stopped and not started', () => {
    const now = { running: false, status: 'exited', finished_at: '2024-11-02T19:45:59Z' };
    expect(look(now).kind).toBe('half_done');
  });

  it('nothing yet, while the container runs as before', () => {
    expect(look({}).kind).toBe('not_seen_yet');
  });

  it('nothing from a container that is gone or is another one', () => {
    expect(restart.observe(evidence, undefined).kind).toBe('not_seen_yet');
    expect(look({ container_id: 'cd'.repeat(32), started_at: '2024-11-02T19:46:00Z' }).kind).toBe(
      'not_seen_yet',
    );
  });
});
