import { type Identity, identityOf, type Protection, protectedBy } from '#libs/actions/protection';
import type { Limits } from '#libs/contracts/limits';
import type { ContainerSummary } from '../docker/answers.ts';
import { limitsOf } from './limits.ts';

/** A container and the one target that it is, whatever it is called by. */
export type KnownContainer = Identity & {
  readonly id: string;
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

/** Undefined for a container without a name of its own: one that is being removed. */
export function identify(
  summary: ContainerSummary,
  engine: string,
  protection: Protection,
): KnownContainer | undefined {
  const identity = identityOf(summary.Id, summary.Names, summary.Labels, engine);
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
