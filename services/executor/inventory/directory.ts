import { targetsOf } from '#libs/actions/protection';
import type { Lookup } from '#libs/contracts/rpc';
import { isComposeService, type ResolvedTarget, type Target, targetId } from '#libs/contracts/target';
import type { KnownContainer } from './identity.ts';
import { tightest } from './limits.ts';

/** Every container of one moment, findable by whatever it may be called. */
export type Directory = {
  readonly all: readonly KnownContainer[];
  readonly byName: ReadonlyMap<string, KnownContainer>;
  readonly byService: Groups;
  /** By the first twelve digits of the id. */
  readonly byShortId: Groups;
  /** Under a Compose service all of its containers, too. */
  readonly byTarget: Groups;
};
type Groups = ReadonlyMap<string, readonly KnownContainer[]>;

const shortIdLength = 12;

export function directoryOf(all: readonly KnownContainer[]): Directory {
  return {
    all,
    byName: new Map(all.map((each) => [each.name, each])),
    byService: Map.groupBy(
      all.filter((each) => each.service !== null),
      (each) => each.service ?? '',
    ),
    byShortId: Map.groupBy(all, (each) => each.id.slice(0, shortIdLength)),
    byTarget: grouped(all.flatMap((each) => targetsOf(each).map((id) => [id, each] as const))),
  };
}

function grouped(pairs: readonly (readonly [string, KnownContainer])[]): Groups {
  const groups = Map.groupBy(pairs, ([id]) => id);
  return new Map([...groups].map(([id, each]) => [id, each.map(([, container]) => container)]));
}

/**
 * Finds what a caller means: the exact name first, then the full id, then a service's name or an id's prefix of
 * at least twelve digits, if all that fit are one target. Never a part of a name, and never a target that two containers
 * claim to be. `as` says what a container stands for.
 */
export function find(
  directory: Directory,
  ref: string,
  as: (container: KnownContainer) => Target = ({ target }) => target,
): Lookup {
  const exact = directory.byName.get(ref) ?? byIdPrefix(directory, ref).find(({ id }) => id === ref);
  if (exact) return theOnly(directory, ref, exact, as(exact));
  const fitting = [...(directory.byService.get(ref) ?? []), ...byIdPrefix(directory, ref)];
  const candidates = [...new Set(fitting.map((each) => targetId(as(each))))].sort();
  const [first] = fitting;
  if (!first) {
    return {
      status: 'not_found',
      message: `Container not found: ${ref}. ${/^[0-9a-f]{1,64}$/i.test(ref) ? 'An id needs its first 12 characters at least, in lower case.' : 'Check the exact name, upper and lower case too, with docker ps -a.'}`,
    };
  }
  if (candidates.length === 1) {
    return theOnly(directory, ref, containerOf(directory, as(first)) ?? first, as(first));
  }
  const names = fitting.map((each) => `${each.name} (${targetId(as(each))})`);
  const message = `${ref} fits ${candidates.length} targets: ${inWords(names.sort())}. Use the exact name of one container.`;
  return { status: 'ambiguous', message, candidates };
}

/** Bound to this very container, unless another one claims to be the same target. */
function theOnly(directory: Directory, ref: string, container: KnownContainer, target: Target): Lookup {
  const isSingle = target.kind === 'compose' && !isComposeService(target);
  const same = (isSingle && directory.byTarget.get(targetId(target))) || [];
  if (same.length > 1) {
    const candidates = same.map(({ name }) => name).sort();
    const message = `${ref} is ambiguous: by their labels ${inWords(candidates)} are both ${targetId(target)}. Remove the one that is not meant. If docker compose is recreating it, ask again in a moment.`;
    return { status: 'ambiguous', message, candidates };
  }
  const bound = { containers: [container.id] };
  return { status: 'resolved', resolved: { ...resolvedOf(directory, container, target), bound } };
}

const mostNamed = 10;

function inWords(names: readonly string[]): string {
  const shown = names.slice(0, mostNamed);
  const further = names.length - shown.length;
  return further > 0
    ? `${shown.join(', ')} and ${further} more`
    : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`;
}

/** By its full id. */
export function knownById({ byShortId }: Directory, id: string): KnownContainer | undefined {
  return byShortId.get(id.slice(0, shortIdLength))?.find((each) => each.id === id);
}

/** The container that stands for a target: of several (tasks of a service, a half-done re-creation) a running one, the newest. */
export function containerOf(directory: Directory, target: Target): KnownContainer | undefined {
  const fitting = directory.byTarget.get(targetId(target)) ?? [];
  return fitting.toSorted((a, b) => rank(b) - rank(a) || b.created - a.created)[0];
}

export function resolvedOf(
  directory: Directory,
  container: KnownContainer,
  target: Target = container.target,
): ResolvedTarget {
  const same = directory.byTarget.get(targetId(target)) ?? [container];
  const limits = tightest(same.map((each) => each.limits));
  return {
    target,
    container_id: container.id,
    container_name: container.name,
    protected_by: same.find((each) => each.protected_by !== null)?.protected_by ?? null,
    ...(limits ? { limits } : {}),
  };
}

/** Names of the containers that live in this one's network. */
export function networkDependents(directory: Directory, { id, name }: KnownContainer): readonly string[] {
  return directory.all.flatMap((each) =>
    each.network_of === id || each.network_of === name ? [each.name] : [],
  );
}

function byIdPrefix(directory: Directory, ref: string): readonly KnownContainer[] {
  if (!/^[0-9a-f]{12,64}$/.test(ref)) return [];
  const near = directory.byShortId.get(ref.slice(0, shortIdLength)) ?? [];
  return near.filter(({ id }) => id.startsWith(ref));
}

function rank({ state }: KnownContainer): number {
  return state === 'running' ? 1 : 0;
}
