import { describe, expect, it } from 'vitest';
import {
  aPatient,
  aSwarmPatient,
  beganAt,
  exitedReading,
  laterAt,
  patientId,
  pausedReading,
  prepared,
  refusal,
  restartingReading,
  runningReading,
} from '#libs/testing/patient-example';
import { callText } from './engine-port.ts';
import { start } from './start.ts';

describe('start prepares', () => {
  it('one call, and holds the verifier to a new run', () => {
    const made = prepared(start, aPatient(exitedReading));
    expect(made.calls.map(callText)).toEqual([`POST /containers/${patientId}/start`]);
    expect(made).toMatchObject({ command: 'docker start web', evidence: { started_at: beganAt } });
  });

  it('nothing for what runs, is paused, is being started or can never start, and says which', () => {
    expect(refusal(start, aPatient())).toBe('web runs already; nothing to do');
    expect(refusal(start, aPatient(pausedReading))).toContain('ask for unpause');
    expect(refusal(start, aPatient(restartingReading))).toContain('restart policy');
    expect(refusal(start, aPatient({ ...exitedReading, status: 'dead' }))).toContain('create it anew');
    expect(refusal(start, aSwarmPatient())).toContain('docker service update --force api');
  });
});

describe('start finds out afterwards', () => {
  const { evidence } = prepared(start, aPatient(exitedReading));

  it('that it happened, when there was a new run, even if it is over', () => {
    expect(start.observe(evidence, { ...runningReading, started_at: laterAt }).kind).toBe('happened');
    expect(start.observe(evidence, { ...exitedReading, started_at: laterAt }).kind).toBe('happened');
  });

  it('nothing yet, while the last run is the one from before', () => {
    expect(start.observe(evidence, exitedReading).kind).toBe('not_seen_yet');
    expect(start.observe(evidence, undefined).kind).toBe('not_seen_yet');
  });
});
