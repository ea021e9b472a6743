import { composeServiceOf, longestTargetName, type Target, targetId } from '#libs/contracts/target';
import { composeLabels, isOn, type Labels } from './labels.ts';
import { ownName } from './own-labels.ts';

/** Who is protected apart from what the labels say. */
export type Protection = {
  /** Names of containers or services, or canonical targets. */
  readonly names: readonly string[];
  /** The short id of the container that this process itself runs in; empty: in none. */
  readonly ownId: string;
};

/** The one target that a container is, whatever it is called by. */
export type Identity = {
  readonly target: Target;
  readonly name: string;
  /** The Compose or Swarm service that it belongs to. */
  readonly service: string | null;
};

/** By its own labels, not inherited ones. Undefined for a container without a name of its own: one that is being removed. */
export function identityOf(
  id: string,
  names: readonly string[],
  labels: Labels,
  engine: string,
): Identity | undefined {
  const name = ownName(names);
  if (name === undefined) return undefined;
  const swarm = labels['com.docker.swarm.service.name'];
  if (isName(swarm)) return { target: { engine, kind: 'swarm', name: swarm }, name, service: swarm };
  const compose = composeOf(labels);
  if (compose)
    return { target: { engine, kind: 'compose', name: compose.name }, name, service: compose.service };
  // Docker sets a name no limit; subjects and keys have one.
  const known = name.length > longestTargetName ? id : name;
  return { target: { engine, kind: 'container', name: known }, name, service: null };
}

/** The target that a container is, and the Compose service that it belongs to. */
export function targetsOf({ target }: Pick<Identity, 'target'>): readonly string[] {
  const service = composeServiceOf(target);
  return service ? [targetId(target), targetId(service)] : [targetId(target)];
}

/** Why nothing may be done to it; null: it may. */
export function protectedBy(
  identity: Identity,
  id: string,
  labels: Labels,
  protection: Protection,
): string | null {
  if (isOn(labels['hemostat.mesh'])) return 'its label hemostat.mesh: it is part of the mesh';
  if (/^[0-9a-f]{12,64}$/.test(protection.ownId) && id.startsWith(protection.ownId)) {
    return 'the rule that the executor does not touch its own container';
  }
  if (isOn(labels['hemostat.protect'])) return 'its label hemostat.protect';
  const called = [identity.name, identity.service, targetId(identity.target)];
  return protection.names.some((name) => called.includes(name)) ? 'the setting HEMOSTAT_PROTECT' : null;
}

function composeOf(labels: Labels): { readonly name: string; readonly service: string } | undefined {
  const project = labels[composeLabels.project];
  const service = labels[composeLabels.service];
  const number = labels[composeLabels.number];
  // `compose run` gives its containers the number of a real one.
  const oneOff = labels[composeLabels.oneOff]?.toLowerCase() === 'true';
  if (oneOff || !isName(project) || !isName(service) || !/^\d{1,6}$/.test(number ?? '')) return undefined;
  return { name: `${project}/${service}/${number}`, service };
}

function isName(text: string | undefined): text is string {
  return text !== undefined && /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/.test(text);
}
