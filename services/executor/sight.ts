import type { EngineSight } from '#libs/actions/action';
import { targetsOf } from '#libs/actions/protection';
import type { ResolvedTarget } from '#libs/contracts/target';
import { resolvedOf } from './inventory/directory.ts';
import type { KnownContainer } from './inventory/identity.ts';
import type { Maintenance } from './maintenance.ts';
import type { EngineView } from './view.ts';

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
