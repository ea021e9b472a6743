import type { Kept } from './listing.ts';
import type { ListedContainer, Volume } from './readings.ts';
import { isInScope, type Scope } from './scope.ts';
import { isProtected, nameOf } from './stopped-containers.ts';

/** Those of the named volumes that may go, and of each other one why it stays. */
export function removableVolumes(
  names: readonly string[],
  found: readonly Volume[],
  containers: readonly ListedContainer[],
  scope: Scope,
): { readonly volumes: readonly string[]; readonly kept: readonly Kept[] } {
  const volumes: string[] = [];
  const kept: Kept[] = [];
  for (const name of new Set(names)) {
    const why = reasonToKeep(
      found.find((volume) => volume.Name === name),
      containers,
      scope,
    );
    if (why === undefined) volumes.push(name);
    else kept.push({ kind: 'volume', name, why });
  }
  return { volumes, kept };
}

function reasonToKeep(
  volume: Volume | undefined,
  containers: readonly ListedContainer[],
  scope: Scope,
): string | undefined {
  if (!volume) return 'there is no such volume (docker volume ls)';
  if (!isInScope(volume.Labels, scope)) return 'its labels say that it is not in scope';
  if (isProtected(volume.Labels)) return 'protected by its label hemostat.protect';
  const user = containers.find(({ Mounts }) =>
    Mounts.some(({ Type, Name }) => Type === 'volume' && Name === volume.Name),
  );
  return user && `${nameOf(user)} uses it`;
}
