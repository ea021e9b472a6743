import type { ContainerAction, Patient } from '#libs/actions/action';
import type { Step } from '#libs/contracts/plan';
import type { ContainerReading } from '#libs/contracts/rpc';
import type { Details } from '#libs/contracts/scalars';
import { isComposeService, type Target } from '#libs/contracts/target';
import { readingOf, stopTimeoutOf } from './docker/container-reading.ts';
import { networkDependents, resolvedOf } from './inventory/directory.ts';
import { type Found, gone, lookUp, lookUpBound, type Missing, notBound } from './look-up.ts';
import { readingOfTarget } from './reading.ts';
import type { EngineView } from './view.ts';

/**
 * The patient of a step as the engine says it is right now: the very one that its request was resolved to, and only while
 * its name still stands for it. Throws a `DockerError`.
 */
export async function patientOf(
  view: EngineView,
  { target, bound }: Pick<Step, 'target' | 'bound'>,
  { services }: Pick<ContainerAction, 'services'> = {},
): Promise<Patient | Missing> {
  if (!bound) return notBound(target);
  const [id] = bound.containers;
  if (!isService(target) || (target.kind === 'swarm' && !services)) {
    if (id === undefined) return gone(target);
    const found = await lookUpBound(view, target, id);
    return 'kind' in found ? found : { ...patientIn(found, target), bound };
  }
  const found = await lookUp(view, target);
  const reading = services ? await readingOfTarget(view, target, bound) : undefined;
  if (found) return { ...patientIn(found, target), ...(reading ? { reading } : {}), bound };
  const patient = reading && (await elsewhere(view, target, reading));
  return patient ? { ...patient, bound } : gone(target);
}

function patientIn({ directory, container, inspection }: Found, target: Target): Patient {
  return {
    target,
    container_id: container.id,
    container_name: container.name,
    reading: readingOf(inspection),
    protected_by: resolvedOf(directory, container, target).protected_by,
    stop_timeout_seconds: stopTimeoutOf(inspection),
    network_dependents: networkDependents(directory, container),
  };
}

/** A Swarm service whose containers are all on other engines; its id stands for theirs. */
async function elsewhere(
  { inventory }: EngineView,
  target: Target,
  reading: ContainerReading,
): Promise<Patient | undefined> {
  const service = target.kind === 'swarm' ? await inventory.elsewhere(target.name) : undefined;
  return (
    service && {
      target,
      container_id: target.name,
      container_name: target.name,
      reading,
      protected_by: service.protected_by,
      stop_timeout_seconds: null,
      network_dependents: [],
    }
  );
}

function isService(target: Target): boolean {
  return target.kind === 'swarm' || isComposeService(target);
}

/** The patient with what its action's own survey reads. Throws a `DockerError`. */
export async function surveyed(
  { engine }: EngineView,
  action: ContainerAction,
  patient: Patient,
  params: Details,
): Promise<Patient> {
  return action.survey ? { ...patient, surveyed: await action.survey(engine, patient, params) } : patient;
}
