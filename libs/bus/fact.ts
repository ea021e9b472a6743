/**
 * Guarantee: a subject holds at most one fact for as long as the stream keeps it, however often it is published.
 * A time-out is an unknown outcome: the same fact is published again until the server says stored or duplicate,
 * and a duplicate that carries this process's nonce is its own.
 */
import type { StoredMsg } from '@nats-io/jetstream';
import { z } from 'zod';
import { parseJson } from '#libs/contracts/json';
import { allFacts, streams } from '#libs/contracts/subjects';
import { toInstant } from '#libs/runtime/instant';
import { inSpan } from '#libs/runtime/tracing';
import type { Bus } from './bus.ts';
import { isConflict, isFinalRefusal } from './errors.ts';
import { headerOf, nonceHeader, readableHeaders, tracedHeaders, traceIdOf } from './headers.ts';
import { storeMessage } from './store-message.ts';

export type StoredFact<T> = {
  readonly body: T;
  readonly sequence: number;
  readonly storedAt: string;
  readonly nonce: string | undefined;
  readonly traceId: string | undefined;
};

export type Stated<T> =
  | { readonly kind: 'stored'; readonly body: T }
  | { readonly kind: 'duplicate'; readonly mine: boolean; readonly body: T };

/**
 * States a fact. `duplicate` brings the fact that stands on the subject; `mine` says that this process stored it
 * in an earlier try. Goes on through time-outs for as long as NATS is away; throws only when the signal aborts
 * or the server refuses for good (permissions, size).
 */
export async function stateFact<S extends z.ZodType>(
  bus: Bus,
  subject: string,
  schema: S,
  body: z.output<S>,
  signal?: AbortSignal,
): Promise<Stated<z.output<S>>> {
  return inSpan(
    bus.tracer,
    `publish ${templateOf(subject)}`,
    { kind: 'producer', attributes: attributesOf(subject) },
    async () => {
      const headers = tracedHeaders();
      headers.set(nonceHeader, bus.nonce);
      const payload = JSON.stringify(body);
      for (let attempt = 0; ; attempt += 1) {
        try {
          await storeMessage(bus, subject, payload, { headers, expectLast: 0 });
          return { kind: 'stored', body };
        } catch (error) {
          if (isConflict(error)) {
            const stored = await standing(bus, subject, schema);
            if (stored) return { kind: 'duplicate', mine: stored.nonce === bus.nonce, body: stored.body };
          } else if (isFinalRefusal(error) || bus.nc.isClosed()) {
            throw error;
          }
          if (signal?.aborted) throw error;
          await bus.clock.sleep(Math.min(2_000, 50 * 2 ** attempt), signal);
        }
      }
    },
  );
}

/** The fact that stands in the way; undefined when it cannot be read for now. Throws when it is none. */
async function standing<S extends z.ZodType>(
  bus: Bus,
  subject: string,
  schema: S,
): Promise<StoredFact<z.output<S>> | undefined> {
  try {
    return await readFact(bus, subject, schema);
  } catch (error) {
    if (error instanceof z.ZodError || error instanceof SyntaxError || bus.nc.isClosed()) throw error;
    return undefined;
  }
}

/** The fact on a subject, or undefined. Asks the stream's leader; throws when NATS does not answer. */
export async function readFact<S extends z.ZodType>(
  bus: Bus,
  subject: string,
  schema: S,
): Promise<StoredFact<z.output<S>> | undefined> {
  const query = { last_by_subj: subject };
  const stored = await bus.jsm.streams.getMessage(streams.facts, query);
  return stored === null ? undefined : toFact(stored, schema);
}

/** A stored message as the fact that it holds. Throws when it holds another. */
export function toFact<S extends z.ZodType>(stored: StoredMsg, schema: S): StoredFact<z.output<S>> {
  const header = readableHeaders(() => stored.header);
  return {
    body: schema.parse(parseJson(stored.string())),
    sequence: stored.seq,
    storedAt: toInstant(stored.time.getTime()),
    nonce: headerOf(header, nonceHeader),
    traceId: traceIdOf(header),
  };
}

const placeholders: Record<string, string> = { 'step 1': '{n}', 'decided 1': '{engine}' };

const aboutRemediation = allFacts.slice(0, -1);
const idLength = 36;
/** By what stands behind the id: looked up for every message that comes or goes, and there are few of them. */
const templates = new Map<string, string>();
const mostTemplates = 1_000;

/** The low-cardinality form of a subject: ids, numbers and encoded names become placeholders. */
export function templateOf(subject: string): string {
  if (!subject.startsWith(aboutRemediation)) return makeTemplate(subject);
  const behindId = subject.slice(aboutRemediation.length + idLength);
  const known = templates.get(behindId);
  if (known !== undefined) return known;
  const made = makeTemplate(subject);
  if (templates.size < mostTemplates && behindId.startsWith('.')) templates.set(behindId, made);
  return made;
}

function makeTemplate(subject: string): string {
  const [root, kind, id, ...rest] = subject.split('.');
  if (root !== 'hemostat' || id === undefined) return subject;
  if (kind === 'remediation')
    return [root, kind, '{id}', ...rest.map((token, at) => placeholders[`${rest[0]} ${at}`] ?? token)].join(
      '.',
    );
  if (kind === 'safety') return `${root}.${kind}.${id}.{id}`;
  if (kind === 'audit') return `${root}.${kind}.{target}`;
  return subject;
}

export function attributesOf(subject: string): Record<string, string> {
  return { 'messaging.system': 'nats', 'messaging.destination.name': templateOf(subject) };
}
