import { JetStreamApiError } from '@nats-io/jetstream';
import { headers, type MsgHdrs, NoRespondersError, RequestError } from '@nats-io/transport-node';
import { completeChannel, streams } from '#libs/contracts/subjects';
import type { Process } from '../world/process.ts';
import type { Wire } from '../world/wire.ts';
import type { Entry, Stored } from './log.ts';
import type { Server } from './server.ts';

/** The questions that a process has for NATS, each with all that can happen to it on the way. */
export interface Requests {
  store(stream: string, subject: string, payload: string, options?: StoreOptions): Promise<Stored>;
  last(stream: string, subject: string): Promise<Entry | undefined>;
  next(stream: string, fromSequence: number, filter: string): Promise<Entry | undefined>;
  length(stream: string): Promise<number>;
  call(subject: string, payload: string, timeoutMs: number): Promise<string>;
}
export type StoreOptions = { readonly headers?: Entry['headers']; readonly expectLast?: number };

export const answerWithinMs = 2_000;

export function openRequests(process: Process, wire: Wire, server: Server): Requests {
  const ask = <T>(what: string, answer: () => T): Promise<T> =>
    wire.ask<T>(process, what, answerWithinMs, (reply) => {
      const answered = answer();
      reply(() => answered);
    });
  return {
    store: (stream, subject, payload, { headers = {}, expectLast } = {}) =>
      ask(`store ${subject}`, () => server.log(stream).append(subject, payload, headers, expectLast)),
    last: (stream, subject) => ask(`read ${subject}`, () => server.log(stream).last(subject)),
    next: (stream, from, filter) => ask(`read on ${filter}`, () => server.log(stream).next(from, filter)),
    length: (stream) => ask(`measure ${stream}`, () => server.log(stream).entries.length),
    call: (subject, payload, timeoutMs) =>
      wire.ask<string>(process, `call ${subject}`, timeoutMs, (reply) => {
        const responder = server.responder(subject);
        if (responder) responder(payload, (text) => reply(() => text));
        else reply(() => nobody(subject));
      }),
  };
}

function nobody(subject: string): never {
  throw new RequestError('nobody listens', { cause: new NoRespondersError(subject) });
}

export function sequenceOf(stored: Stored): number {
  if ('refusal' in stored) throw new JetStreamApiError(stored.refusal);
  return stored.sequence;
}

export function recordOf(from: MsgHdrs | undefined): Record<string, string> {
  return Object.fromEntries((from?.keys() ?? []).map((key) => [key, from?.get(key) ?? '']));
}

export function headersFrom(record: Entry['headers']): MsgHdrs {
  const made = headers();
  for (const [key, value] of Object.entries(record)) made.set(key, value);
  return made;
}

export function streamOf(subject: string): string {
  if (subject === completeChannel) return streams.results;
  return subject.startsWith('hemostat.dead.') ? streams.dead : streams.facts;
}
