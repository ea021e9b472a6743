/**
 * Guarantee: a walk backwards meets every fact that stood before its beginning once, and none that is stored
 * meanwhile. Nothing is remembered between two walks: whoever begins where another ended goes on without a gap.
 */
import type { z } from 'zod';
import { streams } from '#libs/contracts/subjects';
import type { Bus } from './bus.ts';
import { type StoredFact, toFact } from './fact.ts';

/** A part of the stream that has been looked at. */
export type Stretch<T> = {
  /** Newest first. */
  readonly facts: readonly StoredFact<T>[];
  /** Everything from here on up to where the walk began has been looked at by now. */
  readonly from: number;
  /** The oldest fact there is. */
  readonly oldest: number;
};

const firstWidth = 256;
const widest = 4_096;
// Questions that are on their way at the same time.
const lanes = 8;

/** The facts whose subjects fit `filter`, from before a sequence back to the oldest. */
export async function* factsBackwards<S extends z.ZodType>(
  bus: Bus,
  filter: string,
  schema: S,
  beforeSequence = Number.POSITIVE_INFINITY,
): AsyncGenerator<Stretch<z.output<S>>, void> {
  const oldest = (await nextFact(bus, filter, 1, schema))?.sequence;
  if (oldest === undefined) return;
  const { last } = await stretchOfFacts(bus);
  let before = Math.min(beforeSequence, last + 1);
  for (let width = firstWidth; before > oldest; width = Math.min(widest, width * 2)) {
    const from = Math.max(oldest, before - width);
    yield { facts: await factsWithin(bus, filter, schema, from, before), from, oldest };
    before = from;
  }
}

/** The facts from one sequence up to before another whose subjects fit `filter`, newest first. */
export async function factsWithin<S extends z.ZodType>(
  bus: Bus,
  filter: string,
  schema: S,
  from: number,
  before: number,
): Promise<readonly StoredFact<z.output<S>>[]> {
  const width = Math.ceil((before - from) / lanes);
  const parts = await Promise.all(
    Array.from({ length: lanes }, async (_, lane) => {
      const end = Math.min(before, from + (lane + 1) * width);
      const found: StoredFact<z.output<S>>[] = [];
      for (let at = from + lane * width; at < end; ) {
        const fact = await nextFact(bus, filter, at, schema);
        if (!fact || fact.sequence >= end) break;
        found.push(fact);
        at = fact.sequence + 1;
      }
      return found;
    }),
  );
  return parts.flat().reverse();
}

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

/** Where the first message stands on a subject; 0 when there is none. Asks the stream's leader. */
export async function firstSequence(bus: Bus, subject: string): Promise<number> {
  const query = { seq: 1, next_by_subj: subject };
  const stored = await bus.jsm.streams.getMessage(streams.facts, query);
  return stored?.seq ?? 0;
}

/** The sequences of the oldest and the newest fact that is kept; `last` is below `first` when there is none. */
export async function stretchOfFacts(bus: Bus): Promise<{ readonly first: number; readonly last: number }> {
  const { state } = await bus.jsm.streams.info(streams.facts);
  return { first: state.first_seq, last: state.last_seq };
}
