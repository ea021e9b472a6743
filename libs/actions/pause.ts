import { z } from 'zod';
import type { ContainerReading } from '#libs/contracts/rpc';
import type { ContainerAction } from './action.ts';
import { containerCall } from './engine-port.ts';
import { makeCalls } from './make-calls.ts';
import { notApplicable, notForSwarm } from './not-applicable.ts';
import { runEvidence, sameRun, unseen } from './same-container.ts';
import { slackSeconds } from './stop-grace.ts';

const details = 'Container frozen';

/** Freezes all processes of a container, with all that they hold in memory. */
export const pause: ContainerAction = {
  on: 'container',
  name: 'pause',
  summary: 'Freeze the processes of a container and verify that it stays paused.',
  params: z.strictObject({}),
  risk: 'medium',
  reversible: true,
  diagnostic: false,
  undoes: false,
  expects: 'paused',

  prepare(patient) {
    const { container_id, container_name, reading } = patient;
    const swarm = notForSwarm(
      patient,
      'it knows no pause, and replaces a container that does not answer',
      (service) => `Run: docker service scale ${service}=0`,
    );
    if (swarm) return swarm;
    const obstacle = whyNot(reading);
    if (obstacle !== undefined) return notApplicable(`${container_name} ${obstacle}`);
    return {
      kind: 'ready',
      command: `docker pause ${container_name}`,
      calls: [containerCall('POST', container_id, 'pause')],
      notes: ['it answers nobody until it is unpaused'],
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
      ? { kind: 'happened', result: { details, container_id: container.container_id } }
      : unseen('the container is not paused');
  },
};

function whyNot(reading: ContainerReading): string | undefined {
  if (reading.paused) return 'is paused already; nothing to do';
  if (reading.restarting)
    return 'is being started again by its restart policy; it can be paused once it runs';
  if (!reading.running) return `does not run (it is ${reading.status}); only what runs can be paused`;
  return undefined;
}
