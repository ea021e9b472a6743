import type { Bus } from '#libs/bus/bus';
import { legible, openCells } from '#libs/bus/cell-store';
import { type Control, keptControlSchema } from '#libs/contracts/cell';
import { buckets, controlKey } from '#libs/contracts/subjects';
import { isWithin } from '#libs/runtime/instant';

/** The maintenance windows that are on now. Throws a `Problem` when they cannot be read. */
export type Maintenance = () => Promise<Control['maintenance']>;

/** What safety looks at for the target of a request, for what an action on all of an engine comes upon. */
export async function openMaintenance(bus: Bus): Promise<Maintenance> {
  const cells = await openCells(bus, buckets.safety, keptControlSchema);
  return async () => {
    const { value } = await legible(cells.read(controlKey), buckets.safety, controlKey);
    return (value?.maintenance ?? []).filter((window) => isWithin(window, bus.clock.now()));
  };
}
