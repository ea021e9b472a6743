import type { ContainerReading } from '#libs/contracts/rpc';
import type { Details } from '#libs/contracts/scalars';
import { isComposeService } from '#libs/contracts/target';
import type { ContainerAction, NotApplicable, Observation, Patient, Prepared } from '../action.ts';
import { ActionFailed, type EngineReader } from '../engine-port.ts';
import { notApplicable } from '../not-applicable.ts';
import { surveyService } from '../swarm/surveyed-service.ts';
import { observeSwarmScale, prepareSwarmScale, runSwarmScale } from './scale-swarm.ts';
import type { Direction } from './wish.ts';

/** How the containers of a Compose service are made more, or fewer. */
export type ComposeScaling = {
  survey(reader: EngineReader, patient: Patient, params: Details): Promise<Details>;
  prepare(patient: Patient, params: Details): Prepared | NotApplicable;
  readonly run: ContainerAction['run'];
  observe(evidence: Details, now: ContainerReading | undefined): Observation;
};

type Way = Pick<
  ContainerAction,
  'survey' | 'prepare' | 'run' | 'observe' | 'services' | 'scales' | 'expects'
>;

/** What `scale_up` and `scale_down` share: a service of Swarm, a service of Compose, or nothing to be scaled. */
export function scaling(direction: Direction, compose: ComposeScaling): Way & Required<Pick<Way, 'survey'>> {
  return {
    expects: 'running',
    services: true,
    scales: direction,

    survey: async (reader, patient, params) => {
      if (patient.target.kind === 'swarm') return surveyService(reader, patient);
      return isComposeService(patient.target) ? compose.survey(reader, patient, params) : {};
    },

    prepare(patient, params) {
      const { target, container_name } = patient;
      if (target.kind === 'swarm') return prepareSwarmScale(direction, patient, params);
      if (isComposeService(target)) return compose.prepare(patient, params);
      return notApplicable(
        `Standalone containers cannot be scaled, and ${container_name} is one: it belongs to no service of Docker Compose or Swarm`,
      );
    },

    run: (ports, patient, prepared, signal) => {
      if (patient.target.kind === 'swarm') return runSwarmScale(ports, patient, prepared, signal);
      if (isComposeService(patient.target)) return compose.run(ports, patient, prepared, signal);
      throw new ActionFailed('Standalone containers cannot be scaled');
    },

    observe: (evidence, now) =>
      'service_id' in evidence ? observeSwarmScale(evidence, now) : compose.observe(evidence, now),
  };
}
