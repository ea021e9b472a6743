import type { ContainerAction, EngineSight, Patient, SiteRules } from '#libs/actions/action';
import { targetsOf } from '#libs/actions/protection';
import type { Bound } from '#libs/contracts/bound';
import type { Step } from '#libs/contracts/plan';
import type { ContainerReading } from '#libs/contracts/rpc';
import type { Details } from '#libs/contracts/scalars';
import { isComposeService, type ResolvedTarget, type Target, targetId } from '#libs/contracts/target';
import type { ContainerInspection } from './docker/answers.ts';
import { noContainer, readingOf, stopTimeoutOf } from './docker/container-reading.ts';
import type { DockerEngine } from './docker/docker-engine.ts';
import { composeReading, readSwarmService, replacedBy } from './docker/service-reading.ts';
import {
  containerOf,
  type Directory,
  knownById,
  networkDependents,
  resolvedOf,
} from './inventory/directory.ts';
import type { KnownContainer } from './inventory/identity.ts';
import type { Inventory } from './inventory/inventory.ts';
import type { Maintenance } from './maintenance.ts';

/** Where patients are looked up and looked at, and by which rules they may be acted upon. */
export type EngineView = {
  readonly engine: DockerEngine;
  readonly inventory: Inventory;
  readonly rules: SiteRules;
  readonly maintenance: Maintenance;
};

type Found = {
  readonly directory: Directory;
  readonly container: KnownContainer;
  readonly inspection: ContainerInspection;
};

/** Why there is nothing to act upon. */
export type Missing = {
  readonly kind: 'missing';
  readonly code: 'container_not_found' | 'replaced' | 'not_bound';
  readonly message: string;
};

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

/** The engine as an action on all of it looks at it. Throws a `DockerError`. */
export function sightOf({ engine, inventory, maintenance }: EngineView, action: string): EngineSight {
  return {
    reader: engine,
    protections: async () => {
      const [directory, windows] = await Promise.all([inventory.fresh(), maintenance()]);
      return new Map(
        directory.all.map((each) => [
          each.id,
          windowOver(each, windows) ?? barrier(resolvedOf(directory, each), action),
        ]),
      );
    },
  };
}

function windowOver(
  container: KnownContainer,
  windows: Awaited<ReturnType<Maintenance>>,
): string | undefined {
  const ids = targetsOf(container);
  const window = windows.find(
    ({ targets }) => targets.length === 0 || targets.some((id) => ids.includes(id)),
  );
  return window && `a maintenance window that ${window.actor} set until ${window.until}: ${window.reason}`;
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

/**
 * How the target is right now. With `bound` the reading is of the very container or service that is bound, whatever is
 * called so by now. Throws a `DockerError`.
 */
export async function readingOfTarget(
  view: EngineView,
  target: Target,
  bound?: Bound,
): Promise<ContainerReading> {
  if (isComposeService(target)) return readingOfService(view, target);
  const swarm =
    target.kind === 'swarm'
      ? await readSwarmService(view.engine, target.name, bound?.service?.id)
      : undefined;
  if (swarm) return swarm;
  const id = bound?.containers[0];
  if (id !== undefined) return readingOfBound(view, target, id);
  const found = await lookUp(view, target);
  return found ? readingOf(found.inspection) : noContainer;
}

async function readingOfBound(
  { engine, inventory }: EngineView,
  target: Target,
  id: string,
): Promise<ContainerReading> {
  const inspection = await engine.inspect(id);
  const own = inspection ? readingOf(inspection) : noContainer;
  const known = await inventory.current();
  const directory = inspection && isAsKnown(known, inspection) ? known : await inventory.fresh();
  const holder = holderOf(directory, target, id);
  if (!holder || holder.id === id) return own;
  const other = await engine.inspect(holder.id);
  return { ...own, replaced_by: replacedBy(other ? readingOf(other) : noContainer, holder.id, holder.name) };
}

/** Who has the name of the target; the bound one, if it is among several. */
function holderOf(directory: Directory, target: Target, id: string): KnownContainer | undefined {
  const all = directory.byTarget.get(targetId(target)) ?? [];
  return all.find((each) => each.id === id) ?? containerOf(directory, target);
}

/** Has it still the name under which it was listed? */
function isAsKnown(directory: Directory, { Id, Name }: ContainerInspection): boolean {
  return `/${knownById(directory, Id)?.name}` === Name;
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

// What is known may be a moment old: a container that is gone or that has another name by now sends us to look anew.
async function lookUp({ engine, inventory }: EngineView, target: Target): Promise<Found | undefined> {
  for (const look of [inventory.current, inventory.fresh]) {
    const directory = await look();
    const container = containerOf(directory, target);
    const inspection = container && (await engine.inspect(container.id));
    if (container && inspection && isAsKnown(directory, inspection))
      return { directory, container, inspection };
  }
  return undefined;
}

async function lookUpBound(
  { engine, inventory }: EngineView,
  target: Target,
  id: string,
): Promise<Found | Missing> {
  let directory = await inventory.current();
  for (const again of [true, false]) {
    const inspection = await engine.inspect(id);
    const container = holderOf(directory, target, id);
    if (inspection && container?.id === id && isAsKnown(directory, inspection)) {
      return { directory, container, inspection };
    }
    if (again) directory = await inventory.fresh();
  }
  return whyMissing(directory, target, id);
}

function whyMissing(directory: Directory, target: Target, id: string): Missing {
  const holder = holderOf(directory, target, id);
  const nameNow = knownById(directory, id)?.name;
  if (holder && holder.id !== id) {
    return replaced(
      `${targetId(target)} was the container ${short(id)} when it was asked for. By now it is ${holder.name} (${short(holder.id)}), and nothing was done to either. Ask again if that one is meant`,
    );
  }
  if (nameNow === undefined) return gone(target);
  return replaced(
    `The container ${short(id)} was ${targetId(target)} when it was asked for. By now it is called ${nameNow}, and nothing was done. Ask for it by that name`,
  );
}

const short = (id: string): string => id.slice(0, 12);
const missing = (code: Missing['code'], message: string): Missing => ({ kind: 'missing', code, message });
const replaced = (message: string): Missing => missing('replaced', message);
const gone = ({ name }: Target): Missing => missing('container_not_found', `Container not found: ${name}`);
const notBound = (target: Target): Missing =>
  missing(
    'not_bound',
    `The request does not say by its id which container ${targetId(target)} is: an earlier version of hemostat made it. Ask again`,
  );
