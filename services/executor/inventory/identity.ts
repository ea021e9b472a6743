import type { Limits } from '#libs/contracts/limits';
import { composeServiceOf, type Target, targetId } from '#libs/contracts/target';
import type { ContainerInspection, ContainerSummary } from '../docker/answers.ts';
import { limitsOf } from './limits.ts';

/** A container and the one target that it is, whatever it is called by. */
export type KnownContainer = {
  readonly target: Target;
  readonly id: string;
  readonly name: string;
  /** The Compose or Swarm service that it belongs to. */
  readonly service: string | null;
  readonly protected_by: string | null;
  /** What its labels ask for beyond the settings. */
  readonly limits: Limits | undefined;
  readonly state: string;
  readonly image: string;
  /** Seconds since the epoch. */
  readonly created: number;
  /** Id or name of the container whose network it lives in. */
  readonly network_of: string | null;
};

/** Who is protected apart from what the labels say. */
export type Protection = {
  /** Names of containers or services, or canonical targets. */
  readonly names: readonly string[];
  /** The short id of the container that the executor itself runs in; empty: in none. */
  readonly ownId: string;
};

type Identity = Pick<KnownContainer, 'target' | 'name' | 'service'>;

/** Undefined for a container without a name of its own: one that is being removed. */
export function identify(
  summary: ContainerSummary,
  engine: string,
  protection: Protection,
): KnownContainer | undefined {
  const identity = identityOf(summary.Names, summary.Labels, engine);
  if (!identity) return undefined;
  const networkMode = summary.HostConfig?.NetworkMode ?? '';
  return {
    ...identity,
    id: summary.Id,
    protected_by: protectedBy(identity, summary.Id, summary.Labels, protection),
    limits: limitsOf(summary.Labels),
    state: summary.State,
    image: summary.Image,
    created: summary.Created,
    network_of: networkMode.startsWith('container:') ? networkMode.slice('container:'.length) : null,
  };
}

/** Is the inspected container (still) this target, or one of this service? */
export function isTarget({ Name, Config }: ContainerInspection, target: Target): boolean {
  const identity = identityOf([Name], Config.Labels, target.engine);
  return identity !== undefined && targetsOf(identity).includes(targetId(target));
}

/** The target that a container is, and the Compose service that it belongs to. */
export function targetsOf({ target }: Pick<KnownContainer, 'target'>): readonly string[] {
  const service = composeServiceOf(target);
  return service ? [targetId(target), targetId(service)] : [targetId(target)];
}

type Labels = Readonly<Record<string, string>>;

function identityOf(names: readonly string[], labels: Labels, engine: string): Identity | undefined {
  // Names with a second slash are links, which other containers gave it.
  const name = names.find((each) => /^\/[^/]+$/.test(each))?.slice(1);
  if (name === undefined) return undefined;
  const swarm = labels['com.docker.swarm.service.name'];
  if (isName(swarm)) return { target: { engine, kind: 'swarm', name: swarm }, name, service: swarm };
  const compose = composeOf(labels);
  if (compose)
    return { target: { engine, kind: 'compose', name: compose.name }, name, service: compose.service };
  return { target: { engine, kind: 'container', name }, name, service: null };
}

function composeOf(labels: Labels): { readonly name: string; readonly service: string } | undefined {
  const project = labels['com.docker.compose.project'];
  const service = labels['com.docker.compose.service'];
  const number = labels['com.docker.compose.container-number'];
  // `compose run` gives its containers the number of a real one.
  const oneOff = labels['com.docker.compose.oneoff']?.toLowerCase() === 'true';
  if (oneOff || !isName(project) || !isName(service) || !/^\d{1,6}$/.test(number ?? '')) return undefined;
  return { name: `${project}/${service}/${number}`, service };
}

function isName(text: string | undefined): text is string {
  return text !== undefined && /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/.test(text);
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

function isOn(value: string | undefined): boolean {
  return value !== undefined && !/^(false|0|no|off)$/i.test(value.trim());
}
