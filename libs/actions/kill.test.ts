import { describe, expect, it } from 'vitest';
import {
  aPatient,
  aSwarmPatient,
  exitedReading,
  patientId,
  pausedReading,
  prepared,
  refusal,
} from '#libs/testing/patient-example';
import { callText } from './engine-port.ts';
import { kill } from './kill.ts';

const ending = (restart_policy: string, stop_signal: string | null) => ({
  ending: { restart_policy, stop_signal, removed: false },
});
const notesOn = (signal: string, policy: string, stopSignal: string | null): string =>
  prepared(kill, aPatient(ending(policy, stopSignal)), { signal }).notes.join();

describe('kill prepares', () => {
  it('SIGKILL unless another signal is named', () => {
    const made = prepared(kill, aPatient());
    expect(made.calls.map(callText)).toEqual([`POST /containers/${patientId}/kill?signal=SIGKILL`]);
    expect(made.settle_seconds).toBe(5);
    expect(prepared(kill, aPatient(), { signal: 'SIGTERM' })).toMatchObject({
      command: 'docker kill --signal SIGTERM web',
      settle_seconds: 15,
    });
  });

  it('only signals that are meant to end a process', () => {
    for (const signal of ['SIGHUP', 'SIGUSR1', 'SIGSTOP', '9', 'sigkill', '']) {
      expect(kill.params.safeParse({ signal }).success).toBe(false);
    }
    expect(kill.params.parse({})).toEqual({ signal: 'SIGKILL' });
  });

  it('a warning where the restart policy may bring the container back', () => {
    expect(notesOn('SIGTERM', 'always', 'SIGQUIT')).toMatch(/restart policy \(always\).*\(SIGQUIT\)/);
    expect(notesOn('SIGTERM', 'on-failure', 'SIGQUIT')).toContain('restart policy');
  });

  it('no such warning where Docker takes the signal for a wish to stop', () => {
    for (const [signal, policy, stopSignal] of [
      ['SIGKILL', 'always', 'SIGQUIT'],
      ['SIGTERM', 'always', null],
      ['SIGQUIT', 'always', 'SIGQUIT'],
      ['SIGQUIT', 'always', 'quit'],
      ['SIGQUIT', 'always', '3'],
      ['SIGTERM', 'unless-stopped', 'SIGQUIT'],
      ['SIGTERM', 'no', 'SIGQUIT'],
    ] as const) {
      expect(notesOn(signal, policy, stopSignal)).not.toContain('restart policy');
    }
  });

  it('nothing where nothing runs, and nothing that a paused container would not hear', () => {
    expect(refusal(kill, aPatient(exitedReading))).toContain('nothing to kill');
    expect(refusal(kill, aSwarmPatient())).toContain('docker service update --force api');
    const deaf = aPatient({ ...pausedReading, ...ending('no', 'SIGQUIT') });
    expect(refusal(kill, deaf, { signal: 'SIGTERM' })).toContain('only once it is unpaused');
    expect(prepared(kill, deaf, { signal: 'SIGKILL' }).kind).toBe('ready');
    expect(prepared(kill, aPatient(pausedReading), { signal: 'SIGTERM' }).kind).toBe('ready');
  });
});

it('kill finds out afterwards that the container is down, and with which exit code', () => {
  const { evidence } = prepared(kill, aPatient());
  expect(kill.observe(evidence, { ...exitedReading, exit_code: 137 })).toMatchObject({
    kind: 'happened',
    result: { details: 'Container killed', exit_code: 137 },
  });
});
