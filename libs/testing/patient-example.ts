import type { ContainerAction, Patient, Prepared } from '#libs/actions/action';
import type { ContainerReading } from '#libs/contracts/rpc';
import type { Details } from '#libs/contracts/scalars';

/** A patient that runs, as the executor would find it, for tests of what actions prepare and observe. */

export const patientId = 'ab'.repeat(32);
export const beganAt = '2024-11-02T19:45:30.1Z';
export const laterAt = '2024-11-02T19:46:00Z';

export const runningReading: ContainerReading = {
  exists: true,
  container_id: patientId,
  status: 'running',
  running: true,
  paused: false,
  restarting: false,
  started_at: beganAt,
  finished_at: null,
  exit_code: 0,
  oom_killed: false,
  health: 'none',
  health_log: null,
  ending: { restart_policy: 'no', stop_signal: null, removed: false },
  resources: { memory_bytes: null, memory_swap_bytes: null, cpus: null, cpu_shares: null, pids_limit: null },
};
export const pausedReading: ContainerReading = { ...runningReading, status: 'paused', paused: true };
export const exitedReading: ContainerReading = {
  ...runningReading,
  status: 'exited',
  running: false,
  finished_at: laterAt,
};
export const restartingReading: ContainerReading = {
  ...runningReading,
  status: 'restarting',
  restarting: true,
  finished_at: laterAt,
};

export function aPatient(reading: Partial<ContainerReading> = {}, change: Partial<Patient> = {}): Patient {
  return {
    target: { engine: 'local', kind: 'container', name: 'web' },
    container_id: patientId,
    container_name: 'web',
    reading: { ...runningReading, ...reading },
    protected_by: null,
    stop_timeout_seconds: null,
    network_dependents: [],
    ...change,
  };
}

export function aSwarmPatient(): Patient {
  return aPatient({}, { target: { engine: 'local', kind: 'swarm', name: 'api' } });
}

/** What is prepared; throws when the action does not apply. */
export function prepared(action: ContainerAction, patient: Patient, params: Details = {}): Prepared {
  const made = action.prepare(patient, params);
  if (made.kind !== 'ready') throw new Error(made.message);
  return made;
}

/** Why the action does not apply; throws when it does. */
export function refusal(action: ContainerAction, patient: Patient, params: Details = {}): string {
  const made = action.prepare(patient, params);
  if (made.kind === 'ready') throw new Error(`ready: ${made.command}`);
  return made.message;
}
