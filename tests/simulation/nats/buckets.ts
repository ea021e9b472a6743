import type { KV, KvEntry } from '@nats-io/kv';
import type { Process } from '../world/process.ts';
import type { Wire } from '../world/wire.ts';
import type { Entry } from './log.ts';
import { pipe } from './messages.ts';
import { type Requests, sequenceOf } from './requests.ts';
import type { Server } from './server.ts';
import { matches } from './subject.ts';

/** A KV bucket as the client gives it: what the cell store calls of it. */
export function openBucket(
  bucket: string,
  requests: Requests,
  process: Process,
  wire: Wire,
  server: Server,
): KV {
  const stream = `KV_${bucket}`;
  const kv = {
    get: async (key: string) => {
      const entry = await requests.last(stream, key);
      return entry ? toKvEntry(entry) : null;
    },
    put: async (key: string, value: string, { previousSeq }: { readonly previousSeq?: number } = {}) =>
      sequenceOf(
        await requests.store(
          stream,
          key,
          value,
          previousSeq === undefined ? {} : { expectLast: previousSeq },
        ),
      ),
    // What gets lost of it does not come before it is opened anew: the real client notices only when a later value comes.
    watch: async ({ key: filter }: { readonly key: string }) => {
      const log = server.log(stream);
      const { values, push, stop } = pipe<KvEntry>();
      const keys = new Set(log.entries.map(({ subject }) => subject));
      const standing = [...keys].flatMap((key) => log.last(key) ?? []);
      const tell = (entry: Entry): void => {
        if (matches(filter, entry.subject)) wire.deliver(process, () => push(toKvEntry(entry)));
      };
      for (const entry of standing) tell(entry);
      let isOpen = true;
      log.onAppend((entry) => {
        if (isOpen && process.isAlive()) tell(entry);
      });
      const end = (): void => {
        isOpen = false;
        stop();
      };
      return { [Symbol.asyncIterator]: () => values, stop: end };
    },
  };
  return kv as unknown as KV;
}

function toKvEntry({ subject, payload, sequence }: Entry): KvEntry {
  const entry = { key: subject, operation: 'PUT', revision: sequence, string: () => payload };
  return entry as unknown as KvEntry;
}
