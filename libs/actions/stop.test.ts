import { describe, expect, it } from 'vitest';
import {
  aPatient,
  aSwarmPatient,
  exitedReading,
  laterAt,
  patientId,
  prepared,
  refusal,
  restartingReading,
  runningReading,
} from '#libs/testing/patient-example';
import { callText } from './engine-port.ts';
import { stop } from './stop.ts';

describe('stop prepares', () => {
  it('the grace of the container, ten seconds where it states none', () => {
    expect(prepared(stop, aPatient()).calls.map(callText)).toEqual([
      `POST /containers/${patientId}/stop?t=10`,
    ]);
    expect(prepared(stop, aPatient({}, { stop_timeout_seconds: 45 }))).toMatchObject({
      command: 'docker stop --time 45 web',
      settle_seconds: 50,
    });
  });

  it('a word on what stays down, what is removed with its end, and whose network goes', () => {
    expect(prepared(stop, aPatient()).notes).toEqual(['it stays down until it is started again']);
    const ending = { restart_policy: 'no', stop_signal: null, removed: true };
    const { notes } = prepared(stop, aPatient({ ending }, { network_dependents: ['sidecar'] }));
    expect(notes.join()).toMatch(/removed when it ends.*sidecar/);
  });

  it('the end of a crash loop as well', () => {
    expect(prepared(stop, aPatient(restartingReading)).kind).toBe('ready');
  });

  it('nothing where nothing runs, and nothing for a Swarm service', () => {
    expect(refusal(stop, aPatient(exitedReading))).toBe('web does not run (it is exited); nothing to do');
    expect(refusal(stop, aSwarmPatient())).toContain('Run: docker service scale api=0');
  });

  it('no promise of a new run to the verifier', () => {
    expect(prepared(stop, aPatient()).evidence).not.toHaveProperty('started_at');
  });
});

describe('stop finds out afterwards', () => {
  const { evidence } = prepared(stop, aPatient());

  it('that it happened, when the container is down', () => {
    expect(stop.observe(evidence, exitedReading)).toMatchObject({
      kind: 'happened',
      result: { details: 'Container stopped', finished_at: laterAt },
    });
  });

  it('nothing yet, while it runs, is about to be started again, or runs anew', () => {
    for (const now of [runningReading, restartingReading, { ...runningReading, started_at: laterAt }]) {
      expect(stop.observe(evidence, now).kind).toBe('not_seen_yet');
    }
  });

  it('nothing from a container that is gone, unless it was to be removed with its end', () => {
    expect(stop.observe(evidence, undefined).kind).toBe('not_seen_yet');
    const ending = { restart_policy: 'no', stop_signal: null, removed: true };
    const removed = prepared(stop, aPatient({ ending })).evidence;
    expect(stop.observe(removed, undefined)).toMatchObject({ kind: 'happened', result: { removed: true } });
  });
});
