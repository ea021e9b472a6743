import { z } from 'zod';
import type { Action } from './action.ts';

const defaultGraceSeconds = 10;
const slackSeconds = 5;

/** Stops the container gently, then starts it again. Not reversible: what it held in memory is gone. */
export const restart: Action = {
  name: 'restart',
  summary: 'Restart a container gracefully and verify that it is stably well.',
  params: z.strictObject({}),
  risk: 'medium',
  reversible: false,
  diagnostic: false,
  expects: 'running',

  prepare(patient) {
    const graceSeconds = patient.stop_timeout_seconds ?? defaultGraceSeconds;
    const dependents = patient.network_dependents;
    return {
      command: `docker restart --time ${graceSeconds} ${patient.container_name}`,
      calls: [`POST /containers/${patient.container_id}/restart?t=${graceSeconds}`],
      notes:
        dependents.length === 0
          ? []
          : [`these containers share its network and lose it: ${dependents.join(', ')}`],
      estimated_downtime_seconds: graceSeconds,
      evidence: { container_id: patient.container_id, started_at: patient.reading.started_at },
      settle_seconds: graceSeconds + slackSeconds,
      params: { grace_seconds: graceSeconds },
    };
  },

  async run(engine, patient, prepared, signal) {
    await engine.restart(patient.container_id, z.number().parse(prepared.params.grace_seconds), signal);
    return { details: 'Container restarted', container_id: patient.container_id };
  },

  observe(evidence, now) {
    if (!now?.exists) return { kind: 'half_done', message: 'the container is gone' };
    const restarted = now.container_id === evidence.container_id && now.started_at !== evidence.started_at;
    if (restarted)
      return { kind: 'happened', result: { details: 'Container restarted', started_at: now.started_at } };
    return { kind: 'not_seen_yet' };
  },
};
