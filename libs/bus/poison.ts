/**
 * Guarantee: a fact that a service of another version wrote is never taken for poison: it waits for a replica that can
 * read it. What no service of the mesh wrote, or wrote so, can never be read by any.
 */
import type { MsgHdrs } from '@nats-io/transport-node';
import { type ZodType, z } from 'zod';
import { factSchema } from '#libs/contracts/facts';
import { isDeeperThan, parseJson } from '#libs/contracts/json';
import { factsOf, remediationIdOf, streams } from '#libs/contracts/subjects';
import { version } from '#libs/contracts/version';
import type { Bus } from './bus.ts';
import { isUnreadable } from './cell-store.ts';
import { headerOf, readableHeaders, versionHeader } from './headers.ts';

/** Far more than any fact has: what a request may hold is bounded where it comes in. */
const deepest = 64;

/** Throws what zod or JSON says, as whoever reads a fact expects it; also for one about another remediation. */
export function parseFact<S extends ZodType>(schema: S, subject: string, text: string): z.output<S> {
  const body = parseJson(text);
  if (isDeeperThan(body, deepest)) throw new SyntaxError('it is nested too deeply');
  const fact = schema.parse(body);
  const id = aboutSchema.safeParse(fact).data?.remediation_id;
  if (id !== remediationIdOf(subject))
    throw new SyntaxError('it speaks of another remediation than its subject');
  return fact;
}

const aboutSchema = z.object({ remediation_id: z.string() });

/** Did a service of another version write it? */
export function isOfAnotherVersion(writtenBy: string | undefined): boolean {
  return writtenBy !== undefined && writtenBy !== version;
}

/** Why something could not be read, in a line. */
export function whyUnreadable(error: unknown): string {
  if (error instanceof z.ZodError) {
    const [first] = error.issues;
    return `${first?.path.map(String).join('.').slice(0, 200) || 'body'}: ${first?.message ?? 'is wrong'}`;
  }
  return error instanceof SyntaxError ? error.message : 'it cannot be read';
}

/**
 * Which fact about a remediation made work on it fail, in a line: one that nobody will ever be able to read. Undefined
 * when the error has another reason.
 */
export async function whyPoisoned(bus: Bus, error: unknown, id: string): Promise<string | undefined> {
  if (!isUnreadable(error)) return undefined;
  const poison = await poisonAmongFacts(bus, id);
  return poison && `what stands on ${poison.subject} cannot be read: ${poison.why}`;
}

/** The first of them; undefined when there is none. */
async function poisonAmongFacts(
  bus: Bus,
  id: string,
): Promise<{ readonly subject: string; readonly why: string } | undefined> {
  for (let seq = 1; ; ) {
    const query = { seq, next_by_subj: factsOf(id) };
    const stored = await bus.jsm.streams.getMessage(streams.facts, query);
    if (stored === null) return undefined;
    try {
      parseFact(factSchema, stored.subject, stored.string());
    } catch (error) {
      if (!isOfAnotherVersion(writerOf(readableHeaders(() => stored.header)))) {
        return { subject: stored.subject, why: whyUnreadable(error) };
      }
    }
    seq = stored.seq + 1;
  }
}

const writerOf = (header: MsgHdrs | undefined): string | undefined => headerOf(header, versionHeader);
