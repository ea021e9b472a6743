/**
 * Guarantee: what is heard here was stored, so it may be believed without a look at the stream. It is heard at most
 * once and perhaps not at all: who must not miss it also reads the stream now and then.
 */
import { z } from 'zod';
import { parseJson } from '#libs/contracts/json';
import { originalOf, storedCopyOf, streams } from '#libs/contracts/subjects';
import { retryUntil } from '#libs/runtime/retry';
import type { Bus } from './bus.ts';
import { readFact } from './fact.ts';
import { listen } from './live.ts';

export type StoredFeed = {
  /** Subjects of facts, with wildcards. */
  readonly subjects: readonly string[];
  /** Whether anybody cares for this one; others are neither read nor parsed. */
  readonly wants: (subject: string) => boolean;
  readonly onFact: (subject: string, body: unknown) => void;
};

const looksAfterMs: readonly number[] = [0, 5, 20, 80, 320];

/** Listens for as long as it is not disposed. To begin it waits for NATS, unless the signal aborts. */
export async function hearStored(bus: Bus, feed: StoredFeed, signal: AbortSignal): Promise<Disposable> {
  const { config } = await retryUntil(() => bus.jsm.streams.info(streams.facts), {
    clock: bus.clock,
    signal,
    minMs: 250,
    maxMs: 2_000,
    retryable: () => !bus.nc.isClosed(),
  });
  const hear = config.republish === undefined ? readWhatIsHeard : hearCopies;
  const stack = new DisposableStack();
  for (const subject of feed.subjects) stack.use(hear(bus, subject, feed));
  // Only now can the caller be sure that he misses nothing from here on.
  await bus.nc.flush();
  return stack;
}

function hearCopies(bus: Bus, subject: string, { wants, onFact }: StoredFeed): Disposable {
  const subscription = bus.nc.subscribe(storedCopyOf(subject), {
    callback: (error, message) => {
      if (error) return;
      const original = originalOf(message.subject);
      if (!wants(original)) return;
      try {
        onFact(original, parseJson(message.string()));
      } catch (failure) {
        bus.log.warn({ err: failure, subject: original }, 'a fact that was heard cannot be read');
      }
    },
  });
  return { [Symbol.dispose]: () => subscription.unsubscribe() };
}

/** For a stream whose server does not say again what it stored: the publish itself is a hint to look. */
function readWhatIsHeard(bus: Bus, subject: string, feed: StoredFeed): Disposable {
  return listen(bus, subject, (heard) => {
    lookFor(bus, heard, feed).catch((error: unknown) => {
      bus.log.debug({ err: error, subject: heard }, 'a fact that was heard could not be looked for');
    });
  });
}

// The publish may be heard a moment before the stream can be read.
async function lookFor(bus: Bus, subject: string, { wants, onFact }: StoredFeed): Promise<void> {
  for (const afterMs of looksAfterMs) {
    if (afterMs > 0) await bus.clock.sleep(afterMs);
    if (!wants(subject)) return;
    const stored = await readFact(bus, subject, z.unknown());
    if (stored) return onFact(subject, stored.body);
  }
}
