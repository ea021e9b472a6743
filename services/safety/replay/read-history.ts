import type { Bus } from '#libs/bus/bus';
import type { StoredFact } from '#libs/bus/fact';
import { factsWithin, stretchOfFacts } from '#libs/bus/scan';
import { completeSchema, decidedSchema, type Requested, requestedSchema } from '#libs/contracts/facts';
import { safetyActSchema } from '#libs/contracts/rpc';
import { allSafetyActs, anyComplete, anyDecided, anyRequested } from '#libs/contracts/subjects';
import { type Happening, type History, happeningOfDecided, slimRequest } from './history.ts';

/** Everything that NATS still tells, and how much that is. */
export type ReadHistory = History & {
  /** When the oldest fact was stored that was read; undefined: there is none. */
  readonly from: string | undefined;
  readonly fromTheBeginning: boolean;
  readonly facts: number;
};

const width = 4_096;
/** Messages of the stream that are looked through, the newest; what is older is left out, and that is said. */
const mostMessages = 200_000;

/** Reads the facts that decide, in the order of the stream. What is stated meanwhile may be left out. */
export async function readHistory(bus: Bus): Promise<ReadHistory> {
  const { first, last } = await stretchOfFacts(bus);
  const begin = Math.max(1, first, last + 1 - mostMessages);
  const requests = new Map<string, Requested>();
  const happenings: Happening[] = [];
  let from: string | undefined;
  let facts = 0;
  const note = (all: readonly StoredFact<unknown>[]): void => {
    facts += all.length;
    for (const { storedAt } of all) if (from === undefined || storedAt < from) from = storedAt;
  };
  // There are few orders, and one of long ago may still hold.
  const acts = await factsWithin(bus, allSafetyActs, safetyActSchema, Math.max(1, first), last + 1);
  note(acts);
  for (const { sequence, body } of acts) happenings.push({ kind: 'act', sequence, at: body.at, act: body });
  for (let at = begin; at <= last; at += width) {
    const end = Math.min(at + width, last + 1);
    const [requested, decided, complete] = await Promise.all([
      factsWithin(bus, anyRequested, requestedSchema, at, end),
      factsWithin(bus, anyDecided, decidedSchema, at, end),
      factsWithin(bus, anyComplete, completeSchema, at, end),
    ]);
    for (const all of [requested, decided, complete]) note(all);
    for (const { body } of requested) requests.set(body.remediation_id, slimRequest(body));
    for (const { sequence, body } of decided) happenings.push(happeningOfDecided(sequence, body));
    for (const { sequence, body } of complete) {
      const slim = { ...body, execution_log: [] };
      happenings.push({ kind: 'complete', sequence, at: body.at, complete: slim });
    }
  }
  happenings.sort((a, b) => a.sequence - b.sequence);
  return { requests, happenings, from, fromTheBeginning: begin <= 1, facts };
}
