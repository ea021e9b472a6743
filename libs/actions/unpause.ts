import { z } from 'zod';
import type { ContainerAction } from './action.ts';
import { containerCall } from './engine-port.ts';
import { makeCalls } from './make-calls.ts';
import { notApplicable, notForSwarm } from './not-applicable.ts';
import { runEvidence, sameRun, unseen } from './same-container.ts';
import { slackSeconds } from './stop-grace.ts';

const details = 'Container unpaused';

/** Lets the processes of a paused container go on. Takes a `pause` back. */
export const unpause: ContainerAction = {
  on: 'container',
  name: 'unpause',
  summary: 'Let a paused container go on and verify that it is stably well.',
  params: z.strictObject({}),
  risk: 'low',
  reversible: true,
  diagnostic: false,
  undoes: true,
  expects: 'running',

  prepare(patient) {
    const { container_id, container_name, reading } = patient;
    const swarm = notForSwarm(
      patient,
      'it replaces a container that does not answer',
      (service) => `Run: docker service update --force ${service}`,
    );
    if (swarm) return swarm;
    if (!reading.paused) {
      return notApplicable(
        reading.running
          ? `${container_name} is not paused; nothing to do`
          : `${container_name} is not paused but ${reading.status}: ask for start instead`,
      );
    }
    return {
      kind: 'ready',
      command: `docker unpause ${container_name}`,
      calls: [containerCall('POST', container_id, 'unpause')],
      notes: [],
      estimated_downtime_seconds: 0,
      evidence: runEvidence(patient),
      settle_seconds: slackSeconds,
    };
  },

  run: makeCalls(details),

  observe(evidence, now) {
    const container = sameRun(evidence, now);
    if ('kind' in container) return container;
    return container.paused
      ? unseen('the container is still paused')
      : { kind: 'happened', result: { details, container_id: container.container_id } };
  },
};
