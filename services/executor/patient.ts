import type { ContainerAction, EngineSight, Patient, SiteRules } from '#libs/actions/action';
import type { ContainerReading } from '#libs/contracts/rpc';
import type { Details } from '#libs/contracts/scalars';
import { isComposeService, type ResolvedTarget, type Target, targetId } from '#libs/contracts/target';
import type { ContainerInspection } from './docker/answers.ts';
import { noContainer, readingOf, stopTimeoutOf } from './docker/container-reading.ts';
import type { DockerEngine } from './docker/docker-engine.ts';
import { composeReading, readSwarmService } from './docker/service-reading.ts';
import { containerOf, type Directory, networkDependents, resolvedOf } from './inventory/directory.ts';
import { isTarget, type KnownContainer } from './inventory/identity.ts';
import type { Inventory } from './inventory/inventory.ts';

/** Where patients are looked up and looked at, and by which rules they may be acted upon. */
export type EngineView = {
  readonly engine: DockerEngine;
  readonly inventory: Inventory;
  readonly rules: SiteRules;
};

type Found = {
  readonly directory: Directory;
  readonly container: KnownContainer;
  readonly inspection: ContainerInspection;
};

/** The patient of an action as the engine says it is right now; undefined when there is none. Throws a `DockerError`. */
export async function patientOf(
  view: EngineView,
  target: Target,
  { services }: Pick<ContainerAction, 'services'> = {},
): Promise<Patient | undefined> {
  const found = await lookUp(view, target);
  const asService = services && isService(target) ? await readingOfTarget(view, target) : undefined;
  if (!found) return asService && elsewhere(view, target, asService);
  const { directory, container, inspection } = found;
  return {
    target,
    container_id: container.id,
    container_name: container.name,
    reading: asService ?? readingOf(inspection),
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

/** The engine as an action on all of it looks at it. Throws a `DockerError`. */
export function sightOf({ engine, inventory }: EngineView, action: string): EngineSight {
  return {
    reader: engine,
    protections: async () => {
      const directory = await inventory.fresh();
      return new Map(directory.all.map((each) => [each.id, barrier(resolvedOf(directory, each), action)]));
    },
  };
}

/** Why the action may do nothing to it, by the settings and by its labels. */
function barrier({ protected_by, limits }: ResolvedTarget, action: string): string | null {
  if (protected_by !== null) return protected_by;
  if (limits?.unreadable !== undefined) return `a label that cannot be read: ${limits.unreadable}`;
  return limits?.actions?.includes(action) === false ? 'its label hemostat.actions' : null;
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

/** How the target is right now, whichever containers it is by now. Throws a `DockerError`. */
export async function readingOfTarget(view: EngineView, target: Target): Promise<ContainerReading> {
  if (isComposeService(target)) return readingOfService(view, target);
  const service = target.kind === 'swarm' ? await readSwarmService(view.engine, target.name) : undefined;
  if (service) return service;
  const found = await lookUp(view, target);
  return found ? readingOf(found.inspection) : noContainer;
}

async function readingOfService(
  { engine, inventory }: EngineView,
  target: Target,
): Promise<ContainerReading> {
  // A clone that was made a moment ago must be among them.
  const members = (await inventory.fresh()).byTarget.get(targetId(target)) ?? [];
  const inspections = await Promise.all(members.map(({ id }) => engine.inspect(id)));
  return composeReading(inspections.filter((each) => each !== undefined));
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
