import type { ContainerReading } from '#libs/contracts/rpc';
import type { Details } from '#libs/contracts/scalars';
import type { ContainerAction, NotApplicable, Observation, Patient, Prepared } from '../action.ts';
import { notApplicable } from '../not-applicable.ts';
import { unseen } from '../same-container.ts';
import { slackSeconds } from '../stop-grace.ts';
import { forceUpdateOf, replicasOf, type ServiceSpec, type SwarmService } from './service.ts';
import { surveyedService } from './surveyed-service.ts';
import { updateCall, updateService } from './update-service.ts';

const details = 'Service restarted';
const settleSeconds = 5;

/** The specification that has Swarm replace every task of the service. */
export function forcedSpec(service: SwarmService): ServiceSpec {
  const { Spec } = service;
  const ForceUpdate = forceUpdateOf(service) + 1;
  return { ...Spec, TaskTemplate: { ...Spec.TaskTemplate, ForceUpdate } };
}

/** Has Swarm replace every task of a service in its own manner; a container of it restarted by itself would be a stray. */
export function prepareServiceRestart(patient: Patient): Prepared | NotApplicable {
  const service = surveyedService(patient);
  if ('kind' in service) return service;
  const { name } = patient.target;
  if (isJob(service))
    return notApplicable(`${name} is a job of the Swarm: it ends by itself and is not restarted`);
  if (replicasOf(service) === 0) {
    return notApplicable(
      `${name} has no replicas, so there is nothing to restart. Run: docker service scale ${name}=1`,
    );
  }
  const isGlobal = replicasOf(service) === undefined;
  const tasks = patient.reading.replicas?.desired ?? 0;
  return {
    kind: 'ready',
    command: `docker service update --force ${name}`,
    calls: [updateCall(service, forcedSpec(service))],
    notes: [
      howReplaced(service),
      'if the service is changed meanwhile, the same is done to its newer version',
    ],
    estimated_downtime_seconds: downtimeOf(service),
    evidence: {
      service: name,
      service_id: service.ID,
      version: service.Version.Index,
      force_update: forceUpdateOf(service),
      started_at: patient.reading.started_at,
      // The number of tasks of a global service falls and rises while they are replaced.
      ...(isGlobal ? { replicas_wanted: { running: tasks, made_by: null } } : {}),
    },
    settle_seconds: settleSeconds + slackSeconds,
  };
}

export const runServiceRestart: ContainerAction['run'] = async (ports, patient, prepared, signal) => {
  const { query } = await updateService(ports, prepared.calls[0], patient.target.name, forcedSpec, signal);
  return { ...restarted(prepared.evidence), version_before: query?.version };
};

export function observeServiceRestart(evidence: Details, now: ContainerReading | undefined): Observation {
  const replicas = now?.replicas;
  if (replicas?.version === undefined || typeof evidence.force_update !== 'number') {
    return unseen('the service is gone, or the Swarm cannot be asked');
  }
  if ((replicas.force_update ?? 0) > evidence.force_update) {
    return { kind: 'happened', result: restarted(evidence) };
  }
  return replicas.version !== evidence.version && replicas.update_trouble
    ? { kind: 'half_done', message: `Swarm gave the update up (${replicas.update_trouble})` }
    : unseen('the service was not updated');
}

const restarted = ({ service, service_id, version: version_before }: Details): Details => ({
  details,
  service,
  service_id,
  version_before,
});

function isJob({ Spec }: SwarmService): boolean {
  return !Spec.Mode.Replicated && !Spec.Mode.Global;
}

function howReplaced({ Spec }: SwarmService): string {
  const atOnce = Spec.UpdateConfig?.Parallelism ?? 1;
  return `Swarm replaces its tasks, ${atOnce === 0 ? 'all' : atOnce} at a time, as the service's update settings say`;
}

function downtimeOf(service: SwarmService): number {
  const { Spec } = service;
  const replicas = replicasOf(service) ?? 1;
  const atOnce = Spec.UpdateConfig?.Parallelism ?? 1;
  if (Spec.UpdateConfig?.Order === 'start-first' || (atOnce !== 0 && replicas > atOnce)) return 0;
  return (Spec.TaskTemplate.ContainerSpec?.StopGracePeriod ?? 10e9) / 1e9;
}
