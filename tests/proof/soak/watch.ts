import type { Bus } from '#libs/bus/bus';
import { pendingOf } from '../pending.ts';
import { residentMiB } from '../resident-memory.ts';
import type { Reading } from './flat.ts';

export type Watched = {
  /** Resident memory in MiB, by process. */
  readonly memory: ReadonlyMap<string, readonly Reading[]>;
  /** Messages that wait for a consumer or for its acknowledgement, of all consumers together. */
  readonly pending: readonly Reading[];
};

export interface Watch extends AsyncDisposable {
  readonly seen: Watched;
}

const everyMs = 1_000;

/** Looks at memory and consumers every second until disposed. */
export function watch(bus: Bus, processes: ReadonlyMap<string, number>, beganAt: number): Watch {
  const memory = new Map([...processes.keys()].map((name) => [name, [] as Reading[]]));
  const pending: Reading[] = [];
  const stopping = new AbortController();
  const look = async (): Promise<void> => {
    const at = Date.now() - beganAt;
    for (const [name, pid] of processes) memory.get(name)?.push({ at, value: await residentMiB(pid) });
    pending.push({ at, value: await pendingOf(bus) });
  };
  const looking = (async () => {
    while (!stopping.signal.aborted) {
      // A look at a moment at which NATS is busy with the disk is left out.
      await look().catch(() => undefined);
      await bus.clock.sleep(everyMs, stopping.signal);
    }
  })();
  return {
    seen: { memory, pending },
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await looking;
    },
  };
}
