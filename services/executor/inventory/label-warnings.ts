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
