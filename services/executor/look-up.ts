/**
 * Guarantee: a name that has come to stand for another container is not followed: what is bound is looked up by its id.
 */
import { type Target, targetId } from '#libs/contracts/target';
import type { ContainerInspection } from './docker/answers.ts';
import { containerOf, type Directory, knownById } from './inventory/directory.ts';
import type { KnownContainer } from './inventory/identity.ts';
import type { EngineView } from './view.ts';

export type Found = {
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
 * Whoever stands for a target. What is known may be a moment old: a container that is gone or that has another name by now
 * sends us to look anew.
 */
export async function lookUp({ engine, inventory }: EngineView, target: Target): Promise<Found | undefined> {
  for (const look of [inventory.current, inventory.fresh]) {
    const directory = await look();
    const container = containerOf(directory, target);
    const inspection = container && (await engine.inspect(container.id));
    if (container && inspection && isAsKnown(directory, inspection))
      return { directory, container, inspection };
  }
  return undefined;
}

/** The container of this id, while it still has the name of the target; else why not. */
export async function lookUpBound(
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

/** Who has the name of the target; the bound one, if it is among several. */
export function holderOf(directory: Directory, target: Target, id: string): KnownContainer | undefined {
  const all = directory.byTarget.get(targetId(target)) ?? [];
  return all.find((each) => each.id === id) ?? containerOf(directory, target);
}

/** Has it still the name under which it was listed? */
export function isAsKnown(directory: Directory, { Id, Name }: ContainerInspection): boolean {
  return `/${knownById(directory, Id)?.name}` === Name;
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
export const gone = ({ name }: Target): Missing =>
  missing('container_not_found', `Container not found: ${name}`);
export const notBound = (target: Target): Missing =>
  missing(
    'not_bound',
    `The request does not say by its id which container ${targetId(target)} is: an earlier version of hemostat made it. Ask again`,
  );
