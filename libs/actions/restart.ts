import { z } from 'zod';
import type { ContainerAction } from './action.ts';
import { containerCall } from './engine-port.ts';
import { makeCalls } from './make-calls.ts';
import { dependentNotes } from './network-dependents.ts';
import { sameContainer, unseen } from './same-container.ts';
import { graceNotes, graceSecondsOf, slackSeconds } from './stop-grace.ts';
import { observeServiceRestart, prepareServiceRestart, runServiceRestart } from './swarm/restart-service.ts';
import { surveyService } from './swarm/surveyed-service.ts';

const details = 'Container restarted';
const restartContainer = makeCalls(details);

/** Stops the container gently, then starts it again; a Swarm service is updated. Not reversible: what it held in memory is gone. */
export const restart: ContainerAction = {
  on: 'container',
  name: 'restart',
  summary: 'Restart a container or a Swarm service gracefully and verify that it is stably well.',
  params: z.strictObject({}),
  risk: 'medium',
  reversible: false,
  diagnostic: false,
  undoes: false,
  expects: 'running',
  endsRun: true,
  services: true,

  survey: async (reader, patient) => (patient.target.kind === 'swarm' ? surveyService(reader, patient) : {}),

  prepare(patient) {
    if (patient.target.kind === 'swarm') return prepareServiceRestart(patient);
    const { container_id, container_name, reading } = patient;
    const graceSeconds = graceSecondsOf(patient);
    return {
      kind: 'ready',
      command: `docker restart --time ${graceSeconds} ${container_name}`,
      calls: [containerCall('POST', container_id, 'restart', { t: graceSeconds })],
      notes: [
        ...graceNotes(patient),
        ...(reading.ending?.removed
          ? [
              'it is removed when it ends (--rm): Docker keeps it through a restart, unless it cannot start again',
            ]
          : []),
        ...dependentNotes(patient),
      ],
      estimated_downtime_seconds: graceSeconds,
      evidence: { container_id, started_at: reading.started_at, finished_at: reading.finished_at },
      settle_seconds: graceSeconds + slackSeconds,
    };
  },

  run: (ports, patient, prepared, signal) =>
    (patient.target.kind === 'swarm' ? runServiceRestart : restartContainer)(
      ports,
      patient,
      prepared,
      signal,
    ),

  observe(evidence, now) {
    if ('service_id' in evidence) return observeServiceRestart(evidence, now);
    const container = sameContainer(evidence, now);
    if ('kind' in container) return container;
    const { container_id, started_at } = container;
    if (started_at !== evidence.started_at) {
      return { kind: 'happened', result: { details, container_id, started_at } };
    }
    if (!container.running && container.finished_at !== evidence.finished_at) {
      const message = 'the container was stopped and not started again';
      return { kind: 'half_done', message, goesOn: true };
    }
    return unseen(`the container was not started again; it is ${container.status}`);
  },
};
