import { labelsOf, readService } from '#libs/actions/swarm/service';
import type { ResolvedTarget } from '#libs/contracts/target';
import type { DockerEngine } from '../docker/docker-engine.ts';
import { type Protection, protectedBy } from './identity.ts';
import { limitsOf, tightest } from './limits.ts';

/** A Swarm service of this very name, none of whose containers is on this engine; undefined: there is none. */
export async function serviceElsewhere(
  engine: DockerEngine,
  engineName: string,
  protection: Protection,
  name: string,
): Promise<ResolvedTarget | undefined> {
  const look = await readService(engine, name);
  if (look.is !== 'service') return undefined;
  const identity = { target: { engine: engineName, kind: 'swarm' as const, name }, name, service: name };
  const labelled = labelsOf(look.service);
  const reasons = labelled.map((labels) => protectedBy(identity, '', labels, protection));
  const limits = tightest(labelled.map(limitsOf));
  return {
    target: identity.target,
    container_id: null,
    container_name: name,
    protected_by: reasons.find((reason) => reason !== null) ?? null,
    ...(limits ? { limits } : {}),
  };
}
