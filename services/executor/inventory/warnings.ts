import { z } from 'zod';
import type { Log } from '#libs/runtime/log';
import type { KnownContainer } from './identity.ts';

/** Says once of each container that its labels cannot be read, for as long as they cannot. */
export function createLabelWarnings(log: Log): (all: readonly KnownContainer[]) => void {
  let said: ReadonlySet<string> = new Set();
  return (all) => {
    const unreadable = all.filter(({ limits }) => limits?.unreadable !== undefined);
    for (const { id, name, limits } of unreadable) {
      if (said.has(id)) continue;
      log.warn(
        { container: name },
        `nothing is done to this container, because its label ${limits?.unreadable}; correct the label and create it anew`,
      );
    }
    said = new Set(unreadable.map(({ id }) => id));
  };
}

/** Says once of each entry of the engine's lists that it cannot be read. */
export function createUnreadableWarnings(log: Log): (entry: unknown) => void {
  const said = new Set<unknown>();
  return (entry) => {
    const { Id, ID } = z.looseObject({}).catch({}).parse(entry);
    const id = Id ?? ID;
    if (said.has(id)) return;
    said.add(id);
    log.warn(
      { id },
      'the Docker Engine tells of this in a form that is not known: it is left out, and nothing is done to it; look at it with docker inspect',
    );
  };
}
