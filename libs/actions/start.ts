import { z } from 'zod';
import type { ContainerReading } from '#libs/contracts/rpc';
import type { ContainerAction } from './action.ts';
import { containerCall } from './engine-port.ts';
import { makeCalls } from './make-calls.ts';
import { notApplicable, notForSwarm } from './not-applicable.ts';
import { sameContainer, unseen } from './same-container.ts';

const details = 'Container started';
const settleSeconds = 15;

/** Starts a container that does not run. Takes a `stop` or a `kill` back. */
export const start: ContainerAction = {
  on: 'container',
  name: 'start',
  summary: 'Start a stopped container and verify that it is stably well.',
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
      'it starts its containers itself',
      (service) => `Run: docker service update --force ${service} (or docker service scale ${service}=1)`,
    );
    if (swarm) return swarm;
    const obstacle = whyNot(reading);
    if (obstacle !== undefined) return notApplicable(`${container_name} ${obstacle}`);
    return {
      kind: 'ready',
      command: `docker start ${container_name}`,
      calls: [containerCall('POST', container_id, 'start')],
      notes: [],
      estimated_downtime_seconds: 0,
      evidence: { container_id, started_at: reading.started_at },
      settle_seconds: settleSeconds,
    };
  },

  run: makeCalls(details),

  observe(evidence, now) {
    const container = sameContainer(evidence, now);
    if ('kind' in container) return container;
    const { container_id, started_at } = container;
    return started_at === evidence.started_at
      ? unseen(`the container was not started; it is ${container.status}`)
      : { kind: 'happened', result: { details, container_id, started_at } };
  },
};

function whyNot(reading: ContainerReading): string | undefined {
  if (reading.paused) return 'is paused, not stopped: ask for unpause instead';
  if (reading.restarting) return 'is being started again by its restart policy; nothing to do';
  if (reading.running) return 'runs already; nothing to do';
  if (reading.status === 'dead' || reading.status === 'removing') {
    return `is ${reading.status} and cannot be started any more: remove it and create it anew`;
  }
  return undefined;
}
