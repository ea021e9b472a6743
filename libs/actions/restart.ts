import { z } from 'zod';
import type { ContainerAction, Patient } from './action.ts';
import { containerCall } from './engine-port.ts';

const defaultGraceSeconds = 10;
/** A container may ask to be waited for without end; a remediation ends. */
const longestGraceSeconds = 600;
const slackSeconds = 5;
const details = 'Container restarted';

/** Stops the container gently, then starts it again. Not reversible: what it held in memory is gone. */
export const restart: ContainerAction = {
  on: 'container',
  name: 'restart',
  summary: 'Restart a container gracefully and verify that it is stably well.',
  params: z.strictObject({}),
  risk: 'medium',
  reversible: false,
  diagnostic: false,
  undoes: false,
  expects: 'running',

  prepare(patient) {
    const { target, container_id, container_name, reading } = patient;
    if (target.kind === 'swarm') {
      const message = `${target.name} is a Swarm service: restarting one of its containers would leave a stray one. Run: docker service update --force ${target.name}`;
      return { kind: 'not_applicable', message };
    }
    const graceSeconds = graceOf(patient);
    return {
      kind: 'ready',
      command: `docker restart --time ${graceSeconds} ${container_name}`,
      calls: [containerCall('POST', container_id, 'restart', { t: graceSeconds })],
      notes: notesOn(patient, graceSeconds),
      estimated_downtime_seconds: graceSeconds,
      evidence: { container_id, started_at: reading.started_at, finished_at: reading.finished_at },
      settle_seconds: graceSeconds + slackSeconds,
    };
  },

  async run({ engine }, patient, prepared, signal) {
    for (const call of prepared.calls) await engine.call(call, signal);
    return { details, container_id: patient.container_id };
  },

  observe(evidence, now) {
    if (!now?.exists) return { kind: 'not_seen_yet', message: 'the container is gone' };
    if (now.container_id !== evidence.container_id) {
      return { kind: 'not_seen_yet', message: 'the container was replaced by another one' };
    }
    if (now.started_at !== evidence.started_at) {
      return {
        kind: 'happened',
        result: { details, container_id: now.container_id, started_at: now.started_at },
      };
    }
    if (!now.running && now.finished_at !== evidence.finished_at) {
      return { kind: 'half_done', message: 'the container was stopped and not started again' };
    }
    return { kind: 'not_seen_yet', message: `the container was not started again; it is ${now.status}` };
  },
};

function graceOf({ stop_timeout_seconds: stated }: Patient): number {
  if (stated === null) return defaultGraceSeconds;
  return stated < 0 ? longestGraceSeconds : Math.min(stated, longestGraceSeconds);
}

function notesOn(patient: Patient, graceSeconds: number): readonly string[] {
  const stated = patient.stop_timeout_seconds;
  const dependents = patient.network_dependents;
  return [
    ...(stated !== null && stated !== graceSeconds
      ? [`its stop time-out (${stated < 0 ? 'none' : `${stated} s`}) is cut to ${graceSeconds} s`]
      : []),
    ...(dependents.length > 0
      ? [`these containers share its network and lose it: ${dependents.join(', ')}`]
      : []),
  ];
}
