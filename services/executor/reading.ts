import type { Bound } from '#libs/contracts/bound';
import type { ContainerReading } from '#libs/contracts/rpc';
import { isComposeService, type Target, targetId } from '#libs/contracts/target';
import { noContainer, readingOf } from './docker/container-reading.ts';
import { composeReading, readSwarmService, replacedBy } from './docker/service-reading.ts';
import { holderOf, isAsKnown, lookUp } from './look-up.ts';
import type { EngineView } from './view.ts';

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
