import { describe, expect, it } from 'vitest';
import {
  aPatient,
  aSwarmPatient,
  exitedReading,
  patientId,
  pausedReading,
  prepared,
  refusal,
  runningReading,
} from '#libs/testing/patient-example';
import { callText } from './engine-port.ts';
import { unpause } from './unpause.ts';

describe('unpause prepares', () => {
  it('one call, and lets the run go on that was paused', () => {
    const made = prepared(unpause, aPatient(pausedReading));
    expect(made.calls.map(callText)).toEqual([`POST /containers/${patientId}/unpause`]);
    expect(made.evidence).not.toHaveProperty('started_at');
  });

  it('nothing for what is not paused, and says what to do instead', () => {
    expect(refusal(unpause, aPatient())).toBe('web is not paused; nothing to do');
    expect(refusal(unpause, aPatient(exitedReading))).toContain('ask for start instead');
    expect(refusal(unpause, aSwarmPatient())).toContain('docker service update --force api');
  });
});

it('unpause finds out afterwards that the same run goes on, and nothing else', () => {
  const { evidence } = prepared(unpause, aPatient(pausedReading));
  expect(unpause.observe(evidence, runningReading).kind).toBe('happened');
  for (const now of [pausedReading, exitedReading, undefined]) {
    expect(unpause.observe(evidence, now).kind).toBe('not_seen_yet');
  }
});
