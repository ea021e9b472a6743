/**
 * Guarantee: a value is replaced only if nobody changed it since it was read. After a time-out the outcome is
 * unknown and says so: read again before deciding anything.
 */
import type { KV, KvEntry } from '@nats-io/kv';
import { ZodError, type z } from 'zod';
import { parseJson } from '#libs/contracts/json';
import { Problem } from '#libs/contracts/problem';
import { buckets } from '#libs/contracts/subjects';
import { atMostEachMinute } from '#libs/runtime/at-most-each-minute';
import type { Bus } from './bus.ts';
import { isConflict, isServersRefusal } from './errors.ts';
import { inboxOf } from './permissions/nats-api.ts';

const unansweredPauseMs = 100;
/** The client notices that a value got lost on the way when the next one comes, and after the last one nothing comes. */
const watchAnewMs = 60_000;

/** A value and the revision it was read at; revision 0 and no value: never written. */
export type Versioned<T> = { readonly value: T | undefined; readonly revision: number };

export interface CellStore<T> {
  read(key: string): Promise<Versioned<T>>;
  /**
   * `conflict`: somebody else wrote, or the outcome is unknown. Either way: read again. Throws when the server says
   * that it cannot store anything (no space, no permission).
   */
  compareAndSet(key: string, revision: number, value: T): Promise<'stored' | 'conflict'>;
  /** Takes a value away without a trace, unless somebody wrote after `revision`. */
  forget(key: string, revision: number): Promise<void>;
  keys(filter?: string): Promise<readonly string[]>;
  /**
   * Calls back with every value there is and every change, until the signal aborts; now and then with every value again, so
   * that what got lost on the way comes late. Survives reconnects.
   */
  watch(filter: string, onValue: (key: string, value: T) => void, signal: AbortSignal): Promise<void>;
}

export async function openCells<S extends z.ZodType>(
  bus: Bus,
  bucket: string,
  schema: S,
): Promise<CellStore<z.output<S>>> {
  const kv = await bus.kvm.open(bucket);
  const parse = (text: string): z.output<S> => schema.parse(parseJson(text));
  const mayTell = atMostEachMinute(bus.clock);
  return {
    read: async (key) => {
      const entry = await kv.get(key);
      if (entry === null) return { value: undefined, revision: 0 };
      const value = isThere(entry) ? parse(entry.string()) : undefined;
      return { value, revision: entry.revision };
    },
    compareAndSet: async (key, revision, value) => {
      try {
        await kv.put(key, JSON.stringify(value), { previousSeq: revision });
        return 'stored';
      } catch (error) {
        if (isConflict(error)) return 'conflict';
        if (bus.nc.isClosed() || isServersRefusal(error)) throw error;
        bus.log.debug({ err: error, key }, 'a compare-and-set brought no answer; reading again');
        await bus.clock.sleep(unansweredPauseMs);
        return 'conflict';
      }
    },
    forget: async (key, revision) => {
      // A KV delete would leave its marker for ever.
      await bus.jsm.streams.purge(`KV_${bucket}`, { filter: `$KV.${bucket}.${key}`, seq: revision + 1 });
    },
    keys: async (filter = '>') => {
      const found: string[] = [];
      for await (const key of await kv.keys(filter)) found.push(key);
      return found;
    },
    watch: (filter, onValue, signal) =>
      watchForEver(
        bus,
        kv,
        filter,
        (key, text) => {
          const value = attempt(() => parse(text));
          if (value !== undefined) onValue(key, value);
          else if (mayTell(key)) bus.log.error({ key }, sayUnreadable(bucket, key));
        },
        signal,
      ),
  };
}

/** Was it put, and not taken away? Headers that nobody can read say nothing of it being gone. */
const isThere = (entry: Pick<KvEntry, 'operation'>): boolean =>
  (attempt(() => entry.operation) ?? 'PUT') === 'PUT';

// One that nobody can read may not keep the others from whoever watches.
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** What was read, or a Problem that says what to do about a value that nobody can read. */
export async function legible<T>(read: Promise<T>, bucket: string, key: string): Promise<T> {
  try {
    return await read;
  } catch (cause) {
    if (!isUnreadable(cause)) throw cause;
    throw new Problem('service_unavailable', `In NATS ${sayUnreadable(bucket, key)}.`, { cause });
  }
}

export function isUnreadable(error: unknown): boolean {
  return error instanceof ZodError || error instanceof SyntaxError;
}

/** Why nothing comes of what depends on a value, and how to put it right: with the key of the service that keeps it alone. */
function sayUnreadable(bucket: string, key: string): string {
  const keeper = Object.entries(buckets).find(([, kept]) => kept === bucket)?.[0] ?? 'keeper';
  return `what stands under ${key} cannot be read: another version of hemostat wrote it, or nobody of the mesh did. Nothing that depends on it happens. Let all services run the same version, or look at what it was (nats kv history ${bucket} '${key}', nats kv get ${bucket} '${key}' --revision N --raw) and put that back (nats kv put ${bucket} '${key}' '…'; on a NATS with keys also --nkey with the seed of ${keeper}, and --inbox-prefix ${inboxOf(keeper)})`;
}

async function watchForEver(
  bus: Bus,
  kv: KV,
  filter: string,
  onText: (key: string, text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted && !bus.nc.isClosed()) {
    try {
      const updates = await kv.watch({ key: filter });
      if (signal.aborted) return updates.stop();
      const stop = (): void => updates.stop();
      signal.addEventListener('abort', stop, { once: true });
      bus.clock.deadline(watchAnewMs).addEventListener('abort', stop, { once: true });
      try {
        for await (const entry of updates) if (isThere(entry)) onText(entry.key, entry.string());
      } finally {
        signal.removeEventListener('abort', stop);
      }
    } catch (error) {
      bus.log.warn({ err: error }, 'the watch on the safety cells broke; opening it again');
    }
    await bus.clock.sleep(500, signal);
  }
}
