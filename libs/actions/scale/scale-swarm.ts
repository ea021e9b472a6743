import type { ContainerReading } from '#libs/contracts/rpc';
import type { Details } from '#libs/contracts/scalars';
import type { ContainerAction, NotApplicable, Observation, Patient, Prepared } from '../action.ts';
import { notApplicable } from '../not-applicable.ts';
import { unseen } from '../same-container.ts';
import { slackSeconds } from '../stop-grace.ts';
import { labelsOf, replicasOf, type SwarmService } from '../swarm/service.ts';
import { surveyedService } from '../swarm/surveyed-service.ts';
import { type ServiceChange, updateCall, updateService } from '../swarm/update-service.ts';
import { type Direction, scaledBy, wishFor } from './wish.ts';

const settleSeconds = 5;

export function prepareSwarmScale(
  direction: Direction,
  patient: Patient,
  params: Details,
): Prepared | NotApplicable {
  const service = surveyedService(patient);
  if ('kind' in service) return service;
  const { name } = patient.target;
  const now = replicasOf(service);
  if (now === undefined) return notApplicable(whyNoNumber(service));
  const wish = wishFor(direction, params, { name, now, labels: labelsOf(service) });
  if ('refusal' in wish) return notApplicable(wish.refusal);
  const { wished } = wish;
  return {
    kind: 'ready',
    command: `docker service scale ${name}=${wished}`,
    calls: [updateCall(service, withReplicas(service, wished))],
    notes: [
      'if the service is changed meanwhile, the same is done to its newer version',
      'the next docker stack deploy sets the number back to what its file says',
    ],
    estimated_downtime_seconds: 0,
    evidence: {
      service: name,
      service_id: service.ID,
      version: service.Version.Index,
      previous_replicas: now,
      new_replicas: wished,
      replicas_wanted: { running: wished, made_by: null },
    },
    settle_seconds: settleSeconds + slackSeconds,
  };
}

export const runSwarmScale: ContainerAction['run'] = async (ports, patient, { calls, evidence }, signal) => {
  const { query } = await updateService(ports, calls[0], patient.target.name, changeTo(evidence), signal);
  return { ...scaledBy(evidence), version_before: query?.version };
};

export function observeSwarmScale(evidence: Details, now: ContainerReading | undefined): Observation {
  const replicas = now?.replicas;
  if (replicas?.version === undefined) return unseen('the service is gone, or the Swarm cannot be asked');
  return replicas.version !== evidence.version && replicas.desired === evidence.new_replicas
    ? { kind: 'happened', result: { ...scaledBy(evidence), version_before: evidence.version } }
    : unseen(`the service wants ${replicas.desired} replicas`);
}

/** Somebody else's number is not overwritten: who changed it meanwhile may know better. */
function changeTo({ service, previous_replicas, new_replicas }: Details): ServiceChange {
  return (current) => {
    const now = replicasOf(current);
    if (now === previous_replicas) return withReplicas(current, Number(new_replicas));
    return `somebody else has scaled ${String(service)} to ${now ?? 'one on every node'} at this moment; nothing was done`;
  };
}

/** The specification of the service with another number of replicas, and nothing else. */
export function withReplicas({ Spec }: SwarmService, Replicas: number): SwarmService['Spec'] {
  return { ...Spec, Mode: { ...Spec.Mode, Replicated: { ...Spec.Mode.Replicated, Replicas } } };
}

function whyNoNumber({ Spec }: SwarmService): string {
  return Spec.Mode.Global
    ? `${Spec.Name} runs one task on every node (global mode), so that it cannot be scaled`
    : `${Spec.Name} is a job of the Swarm, so that it cannot be scaled`;
}
