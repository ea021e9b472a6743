import { describe, expect, it } from 'vitest';
import {
  aPatient,
  aSwarmPatient,
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
import { pause } from './pause.ts';

describe('pause prepares', () => {
  it('one call, and no promise of a new run', () => {
    const made = prepared(pause, aPatient());
    expect(made.calls.map(callText)).toEqual([`POST /containers/${patientId}/pause`]);
    expect(made.command).toBe('docker pause web');
    expect(made.evidence).not.toHaveProperty('started_at');
  });

  it('nothing for what is paused or does not run, and says which', () => {
    expect(refusal(pause, aPatient(pausedReading))).toBe('web is paused already; nothing to do');
    expect(refusal(pause, aPatient(exitedReading))).toContain('does not run (it is exited)');
    expect(refusal(pause, aPatient(restartingReading))).toContain('once it runs');
    expect(refusal(pause, aSwarmPatient())).toContain('docker service scale api=0');
  });
});

describe('pause finds out afterwards', () => {
  const { evidence } = prepared(pause, aPatient());

  it('that it happened, when the same run is paused', () => {
    expect(pause.observe(evidence, pausedReading).kind).toBe('happened');
  });

  it('nothing yet, while it runs on, and nothing once that run is over', () => {
    for (const now of [runningReading, exitedReading, { ...pausedReading, started_at: laterAt }, undefined]) {
      expect(pause.observe(evidence, now).kind).toBe('not_seen_yet');
    }
  });
});
