import type { ContainerAction, Patient } from '#libs/actions/action';
import type { ContainerReading } from '#libs/contracts/rpc';
import type { Details } from '#libs/contracts/scalars';
import type { Target } from '#libs/contracts/target';
import type { ContainerInspection } from './docker/answers.ts';
import { noContainer, readingOf, stopTimeoutOf } from './docker/container-reading.ts';
import type { DockerEngine } from './docker/docker-engine.ts';
import { containerOf, type Directory, networkDependents, resolvedOf } from './inventory/directory.ts';
import { isTarget, type KnownContainer } from './inventory/identity.ts';
import type { Inventory } from './inventory/inventory.ts';

/** Where patients are looked up and looked at. */
export type EngineView = { readonly engine: DockerEngine; readonly inventory: Inventory };

type Found = {
  readonly directory: Directory;
  readonly container: KnownContainer;
  readonly inspection: ContainerInspection;
};

/** The patient as the engine says it is right now; undefined when there is none. Throws a `DockerError`. */
export async function patientOf(view: EngineView, target: Target): Promise<Patient | undefined> {
  const found = await lookUp(view, target);
  if (!found) return undefined;
  const { directory, container, inspection } = found;
  return {
    target,
    container_id: container.id,
    container_name: container.name,
    reading: readingOf(inspection),
    protected_by: resolvedOf(directory, container).protected_by,
    stop_timeout_seconds: stopTimeoutOf(inspection),
    network_dependents: networkDependents(directory, container),
  };
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

/** How the target is right now, whichever container it is by now. Throws a `DockerError`. */
export async function readingOfTarget(view: EngineView, target: Target): Promise<ContainerReading> {
  const found = await lookUp(view, target);
  return found ? readingOf(found.inspection) : noContainer;
}

/** How this one container is right now; undefined when it is gone. Throws a `DockerError`. */
export async function readingOfContainer(
  view: EngineView,
  containerId: string,
): Promise<ContainerReading | undefined> {
  const inspection = await view.engine.inspect(containerId);
  return inspection && readingOf(inspection);
}

// What is known may be a moment old: a container that is gone or that is another target by now sends us to look anew.
async function lookUp({ engine, inventory }: EngineView, target: Target): Promise<Found | undefined> {
  for (const look of [inventory.current, inventory.fresh]) {
    const directory = await look();
    const container = containerOf(directory, target);
    const inspection = container && (await engine.inspect(container.id));
    if (container && inspection && isTarget(inspection, target)) return { directory, container, inspection };
  }
  return undefined;
}
