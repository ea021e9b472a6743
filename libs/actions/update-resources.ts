import type { ContainerReading } from '#libs/contracts/rpc';
import type { ContainerAction } from './action.ts';
import { containerCall } from './engine-port.ts';
import { makeCalls } from './make-calls.ts';
import { notApplicable, notForSwarm } from './not-applicable.ts';
import {
  hasLimits,
  type Limits,
  limitsSchema,
  serviceFlags,
  updateBody,
  updateFlags,
  withSwap,
} from './resource-limits.ts';
import { sameContainer, unseen } from './same-container.ts';
import { slackSeconds } from './stop-grace.ts';

const details = 'Container updated';

/** Changes what a running container may use, without ending its run. The values from before stand in the evidence. */
export const updateResources: ContainerAction = {
  on: 'container',
  name: 'update-resources',
  summary: 'Change the limits of a running container and verify that it goes on running.',
  params: limitsSchema,
  risk: 'medium',
  reversible: true,
  diagnostic: false,
  undoes: false,
  expects: 'running',

  prepare(patient, params) {
    const asked = limitsSchema.parse(params);
    const { container_id, container_name, reading } = patient;
    const swarm = notForSwarm(patient, 'its limits are those of the service', (service) =>
      adviceFor(service, asked),
    );
    if (swarm) return swarm;
    const obstacle = whyNot(asked, reading);
    if (obstacle !== undefined || !reading.resources) return notApplicable(`${container_name} ${obstacle}`);
    const limits = withSwap(asked, reading.resources);
    return {
      kind: 'ready',
      command: `docker update ${updateFlags(limits)} ${container_name}`,
      calls: [{ ...containerCall('POST', container_id, 'update'), body: updateBody(limits) }],
      notes: notesOn(asked, limits, reading.resources),
      estimated_downtime_seconds: 0,
      evidence: { container_id, asked, resources_before: reading.resources },
      settle_seconds: slackSeconds,
    };
  },

  run: async (ports, patient, prepared, signal) => ({
    ...(await makeCalls(details)(ports, patient, prepared, signal)),
    resources_before: prepared.evidence.resources_before,
  }),

  observe(evidence, now) {
    const container = sameContainer(evidence, now);
    if ('kind' in container) return container;
    const { container_id, resources } = container;
    const { asked, resources_before } = evidence;
    return resources && hasLimits(limitsSchema.parse(asked), resources)
      ? { kind: 'happened', result: { details, container_id, resources_before } }
      : unseen('the container does not have the limits that were asked for');
  },
};

function adviceFor(service: string, asked: Limits): string {
  const flags = serviceFlags(asked);
  return flags === '' ? 'Swarm knows no such limit' : `Run: docker service update ${flags} ${service}`;
}

function whyNot(asked: Limits, reading: ContainerReading): string | undefined {
  const { resources } = reading;
  if (!resources) return 'does not say what its limits are; nothing was changed';
  if (reading.paused) return 'is paused: ask for unpause first';
  if (!reading.running) return `does not run (it is ${reading.status}): ask for start first`;
  if (hasLimits(asked, resources)) return 'has these limits already; nothing to do';
  const { memory_bytes: memory, memory_swap_bytes: swap } = asked;
  if (swap === undefined || memory !== undefined) return undefined;
  if (resources.memory_bytes === null) return 'has no limit of memory: name memory_bytes, too';
  if (swap >= 0 && swap < resources.memory_bytes) {
    return `may use ${resources.memory_bytes} bytes of memory; memory_swap_bytes counts both and cannot be less`;
  }
  return undefined;
}

function notesOn(
  asked: Limits,
  sent: Limits,
  now: NonNullable<ContainerReading['resources']>,
): readonly string[] {
  const memory = asked.memory_bytes;
  const isFirst = [
    ...(memory !== undefined && now.memory_bytes === null ? ['memory'] : []),
    ...(asked.cpus !== undefined && now.cpus === null ? ['CPU'] : []),
  ];
  return [
    ...(memory !== undefined && (now.memory_bytes === null || memory < now.memory_bytes)
      ? ['it is killed for want of memory if it needs more than that']
      : []),
    ...(sent.memory_swap_bytes === asked.memory_swap_bytes
      ? []
      : [`its limit of memory and swap together is set with it: ${sent.memory_swap_bytes}`]),
    ...(isFirst.length > 0
      ? [
          `it has no limit of ${isFirst.join(' and ')} now: Docker can change the new one, but not take it off again`,
        ]
      : []),
  ];
}
