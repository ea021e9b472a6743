import type { z } from 'zod';
import { streams } from '#libs/contracts/subjects';
import type { Bus } from './bus.ts';
import { type StoredFact, toFact } from './fact.ts';

/** The first fact at or after a sequence whose subject fits `filter`. Asks the stream's leader. */
export async function nextFact<S extends z.ZodType>(
  bus: Bus,
  filter: string,
  fromSequence: number,
  schema: S,
): Promise<StoredFact<z.output<S>> | undefined> {
  const query = { seq: fromSequence, next_by_subj: filter };
  const stored = await bus.jsm.streams.getMessage(streams.facts, query);
  return stored === null ? undefined : toFact(stored, schema);
}

/** Where the last message stands whose subject fits `filter`; 0 when there is none. Asks the stream's leader. */
export async function lastSequence(bus: Bus, filter: string): Promise<number> {
  const stored = await bus.jsm.streams.getMessage(streams.facts, { last_by_subj: filter });
  return stored?.seq ?? 0;
}
