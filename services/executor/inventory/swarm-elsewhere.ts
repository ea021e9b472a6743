import { type Protection, protectedBy } from '#libs/actions/protection';
import { labelsOf, type SwarmService } from '#libs/actions/swarm/service';
import type { ResolvedTarget } from '#libs/contracts/target';
import { limitsOf, tightest } from './limits.ts';

/** A Swarm service of this very name, none of whose containers is on this engine; undefined: there is none. */
export function serviceElsewhere(
  services: readonly SwarmService[],
  engineName: string,
  protection: Protection,
  name: string,
): ResolvedTarget | undefined {
  const service = services.find(({ Spec }) => Spec.Name === name);
  if (!service) return undefined;
  const identity = { target: { engine: engineName, kind: 'swarm' as const, name }, name, service: name };
  const labelled = labelsOf(service);
  const reasons = labelled.map((labels) => protectedBy(identity, '', labels, protection));
  const limits = tightest(labelled.map(limitsOf));
  return {
    target: identity.target,
    container_id: null,
    container_name: name,
    bound: { containers: [] },
    protected_by: reasons.find((reason) => reason !== null) ?? null,
    ...(limits ? { limits } : {}),
  };
}
