import { z } from 'zod';
import type { Bus } from '#libs/bus/bus';
import { readFact, type StoredFact } from '#libs/bus/fact';
import { readRemediation } from '#libs/bus/remediation-record';
import { factsBackwards } from '#libs/bus/scan';
import { completeSchema, decidedSchema, type Requested, requestedSchema } from '#libs/contracts/facts';
import { anyRequested, completeSubject, decidedSubject } from '#libs/contracts/subjects';
import { targetId } from '#libs/contracts/target';
import { fromInstant } from '#libs/runtime/instant';
import { type Summary, summaryOf } from './answers/summary.ts';
import { type RemediationView, viewOf } from './answers/view.ts';

/** What a remediation must be like to be listed; what is not named may be anything. */
export type Wanted = {
  readonly container?: string | undefined;
  readonly action?: string | undefined;
  readonly principal?: string | undefined;
  readonly door?: Requested['door'] | undefined;
  readonly dry_run?: boolean | undefined;
  readonly state?: Summary['state'] | undefined;
  readonly outcome?: Summary['outcome'] | undefined;
  /** Instants of receipt, both inclusive. */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
};

export type Bounds = {
  readonly limit: number;
  /** Only what stands before this sequence. */
  readonly before: number | undefined;
  /** How long one call may search. It gets on by some way however short this is. */
  readonly searchMs: number;
  /** The caller has left. */
  readonly signal: AbortSignal;
};

/** `next`: where the next page begins; undefined when there is nothing older. */
export type Page = { readonly remediations: readonly Summary[]; readonly next: number | undefined };

const readTogether = 32;
// The clocks of the gateways and of NATS may differ by so much.
const skewMs = 60_000;

/**
 * The newest remediations that fit, as the facts in the stream say. One that cannot be read, because another version
 * wrote it, is left out and does not keep the rest from whoever looks.
 */
export async function listRemediations(bus: Bus, wanted: Wanted, bounds: Bounds): Promise<Page> {
  const { limit, before, searchMs, signal } = bounds;
  const giveUpAt = bus.clock.now() + searchMs;
  const remediations: Summary[] = [];
  for await (const { facts, from, oldest } of factsBackwards(bus, anyRequested, z.unknown(), before)) {
    const page = (seen: number): Page => ({ remediations, next: seen > oldest ? seen : undefined });
    const readable = facts.flatMap((fact) => readRequest(bus, fact));
    const candidates = readable.filter(({ body }) => isWanted(body, wanted));
    for (let at = 0; at < candidates.length; at += readTogether) {
      const read = candidates.slice(at, at + readTogether);
      const summaries = await Promise.all(read.map((fact) => readSummary(bus, fact)));
      for (const [n, summary] of summaries.entries()) {
        if (summary && hasEndedAsWanted(summary, wanted)) remediations.push(summary);
        if (remediations.length === limit) return page(read[n]?.sequence ?? from);
      }
      if (bus.clock.now() >= giveUpAt || signal.aborted) return page(read.at(-1)?.sequence ?? from);
    }
    if (wanted.since !== undefined && isOlder(facts.at(-1), wanted.since))
      return { remediations, next: undefined };
    if (bus.clock.now() >= giveUpAt || signal.aborted) return page(from);
  }
  return { remediations, next: undefined };
}

function isWanted(requested: Requested, wanted: Wanted): boolean {
  const { ask, principal, door, received_at } = requested;
  return (
    (wanted.container === undefined || namesOf(requested).includes(wanted.container)) &&
    (wanted.action === undefined || wanted.action === ask.action) &&
    (wanted.principal === undefined || wanted.principal === principal) &&
    (wanted.door === undefined || wanted.door === door) &&
    (wanted.dry_run === undefined || wanted.dry_run === ask.dry_run) &&
    (wanted.since === undefined || received_at >= wanted.since) &&
    (wanted.until === undefined || received_at <= wanted.until)
  );
}

/** What the container was called by its caller, by its engine, and in canonical form. */
export function namesOf({ ask, resolution }: Requested): readonly string[] {
  if (resolution.status !== 'resolved') return [ask.container];
  const known = resolution.targets.flatMap((each) => [each.container_name, targetId(each.target)]);
  return [ask.container, ...known];
}

function hasEndedAsWanted({ state, outcome }: Summary, wanted: Wanted): boolean {
  return (
    (wanted.state === undefined || wanted.state === state) &&
    (wanted.outcome === undefined || wanted.outcome === outcome)
  );
}

/** A request is stated after it was received, so what stands before this one was received before that, too. */
function isOlder(fact: StoredFact<unknown> | undefined, since: string): boolean {
  return fact !== undefined && fromInstant(fact.storedAt) < fromInstant(since) - skewMs;
}

function readRequest(bus: Bus, fact: StoredFact<unknown>): readonly StoredFact<Requested>[] {
  const { success, data } = requestedSchema.safeParse(fact.body);
  if (success) return [{ ...fact, body: data }];
  leaveOut(bus, fact);
  return [];
}

function leaveOut({ log }: Bus, { sequence }: StoredFact<unknown>): void {
  log.warn({ sequence }, 'a remediation is left out of a list, because a fact of it cannot be read');
}

async function readSummary(bus: Bus, requested: StoredFact<Requested>): Promise<Summary | undefined> {
  try {
    return await summaryFrom(bus, requested);
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    leaveOut(bus, requested);
    return undefined;
  }
}

async function summaryFrom(bus: Bus, requested: StoredFact<Requested>): Promise<Summary> {
  const { remediation_id: id, engine } = requested.body;
  const [decided, complete] = await Promise.all([
    readFact(bus, decidedSubject(id, engine), decidedSchema),
    readFact(bus, completeSubject(id), completeSchema),
  ]);
  const known: RemediationView = viewOf({ requested, decided, complete, steps: [] });
  const runs = decided?.body.verdict === 'approved' && !complete;
  const record = runs ? await readRemediation(bus, id) : undefined;
  return summaryOf(record ? viewOf(record) : known);
}
