/**
 * Guarantee: the facts of one remediation, or of all, come once each, in the order of the stream and without a gap, because each is
 * read from the stream as the next one after the last. What is heard live only says when to look; a slow poll finds
 * what was not heard. NATS being away is waited out.
 */
import { z } from 'zod';
import { completeSchema, decidedSchema, type Fact, factSchema, type Requested } from '#libs/contracts/facts';
import { allFacts, completeSubject, decidedSubject, factsOf } from '#libs/contracts/subjects';
import { createNews } from '#libs/runtime/news';
import type { Bus } from './bus.ts';
import { readFact, type StoredFact } from './fact.ts';
import { listen } from './live.ts';
import { terminalOf } from './remediation-record.ts';
import { lastSequence, nextFact } from './scan.ts';

const pollMs = 2_000;
// A publish may be heard a moment before the stream can be read, so the first looks come in quick succession.
const soonMs = 5;

/** Every fact of a remediation after a sequence, as it is stored, up to the terminal one or until the signal aborts. */
export async function* followFacts(
  bus: Bus,
  id: string,
  afterSequence: number,
  signal: AbortSignal,
): AsyncGenerator<StoredFact<Fact>, void> {
  for await (const fact of follow(bus, factsOf(id), factSchema, afterSequence, signal)) {
    yield fact;
    if (terminalOf(fact.body)) return;
  }
}

/** Every fact of every remediation after a sequence, as it is stored, until the signal aborts. */
export async function* followAllFacts(
  bus: Bus,
  afterSequence: number,
  signal: AbortSignal,
): AsyncGenerator<StoredFact<Fact>, void> {
  // One fact that another version wrote may not keep the rest from whoever watches.
  for await (const stored of follow(bus, allFacts, z.unknown(), afterSequence, signal)) {
    const { success, data } = factSchema.safeParse(stored.body);
    if (success) yield { ...stored, body: data };
    else bus.log.warn({ sequence: stored.sequence }, 'a fact is left out, because it cannot be read');
  }
}

/** Where a follower of all facts stands who wants only what is still to come. */
export function lastFact(bus: Bus): Promise<number> {
  return lastSequence(bus, allFacts);
}

async function* follow<S extends z.ZodType>(
  bus: Bus,
  filter: string,
  schema: S,
  afterSequence: number,
  signal: AbortSignal,
): AsyncGenerator<StoredFact<z.output<S>>, void> {
  const news = createNews(bus.clock);
  using _ = listen(bus, filter, () => news.tell());
  let after = afterSequence;
  let restMs = pollMs;
  while (!signal.aborted && !bus.nc.isClosed()) {
    for await (const fact of standing(bus, filter, schema, after)) {
      after = fact.sequence;
      yield fact;
      if (signal.aborted) return;
      restMs = pollMs;
    }
    const told = await news.within(restMs, signal);
    restMs = told ? soonMs : Math.min(pollMs, restMs * 4);
  }
}

/** What stands after a sequence; less of it when NATS falls silent. */
async function* standing<S extends z.ZodType>(
  bus: Bus,
  filter: string,
  schema: S,
  after: number,
): AsyncGenerator<StoredFact<z.output<S>>, void> {
  try {
    // The last one is found by its subject at once, while a search for the next reads all that came after.
    const last = await lastSequence(bus, filter);
    for (let at = after; at < last; ) {
      const fact = await nextFact(bus, filter, at + 1, schema);
      if (!fact) return;
      yield fact;
      at = fact.sequence;
    }
  } catch (error) {
    if (error instanceof z.ZodError) throw error;
    bus.log.debug({ err: error }, 'could not look for facts; looking again');
  }
}

/** Where the terminal fact of a remediation stands; undefined while there is none. */
export async function sequenceOfEnd(
  bus: Bus,
  { remediation_id: id, engine }: Requested,
): Promise<number | undefined> {
  const [decided, complete] = await Promise.all([
    readFact(bus, decidedSubject(id, engine), decidedSchema),
    readFact(bus, completeSubject(id), completeSchema),
  ]);
  return [decided, complete].find((fact) => terminalOf(fact?.body))?.sequence;
}
