/**
 * The ports of `libs/bus`, simulated: what it calls of NATS and its clients and nothing else, so that every line above
 * them is the one that runs in production.
 */
import { trace } from '@opentelemetry/api';
import type { Question } from '#libs/bus/ask';
import type { Bus } from '#libs/bus/bus';
import { createLog } from '#libs/runtime/log';
import type { Process } from '../world/process.ts';
import type { Wire } from '../world/wire.ts';
import type { World } from '../world/world.ts';
import { openBucket } from './buckets.ts';
import { messagesOf } from './messages.ts';
import { answerWithinMs, openRequests, recordOf, streamOf } from './requests.ts';
import type { Server } from './server.ts';
import { storedMessage } from './stored-message.ts';

const silent = createLog({ service: 'simulation', level: 'silent', format: 'json' });
const expectation = 'Nats-Expected-Last-Subject-Sequence';

/** The connection of one process. */
export function openBus(world: World, wire: Wire, server: Server, process: Process, service: string): Bus {
  const requests = openRequests(process, wire, server);
  const newNonce = (): string => world.chance.hex(16);
  const bus = {
    nc: { isClosed: () => false },
    js: {
      consumers: {
        get: async (_stream: string, name: string) => ({
          consume: async () => {
            const durable = server.durables.get(name);
            if (!durable) throw new Error(`the simulation has no consumer ${name}`);
            return messagesOf(process, durable, name);
          },
        }),
      },
    },
    jsm: {
      streams: {
        getMessage: async (stream: string, query: Query) => {
          const entry =
            'last_by_subj' in query
              ? await requests.last(stream, query.last_by_subj)
              : await requests.next(stream, query.seq, query.next_by_subj);
          return entry ? storedMessage(entry) : null;
        },
        info: async (stream: string) => {
          const length = await requests.length(stream);
          return { state: { first_seq: 1, last_seq: length } };
        },
      },
    },
    kvm: { open: async (bucket: string) => openBucket(bucket, requests, process, wire, server) },
    ask: async (subject: string, payload: string, { headers, timeoutMs }: Question) => {
      const text = subject.startsWith('hemostat.rpc.')
        ? await requests.call(subject, payload, timeoutMs)
        : await store(subject, payload, recordOf(headers));
      return { string: () => text, json: () => JSON.parse(text), headers: undefined };
    },
    outbox: {
      send: async (work: () => void) => work(),
      sendSoon: (work: () => void) => void process.after(5, work),
      flush: () => {},
    },
    answerWithinMs,
    nonce: newNonce(),
    newNonce,
    service,
    replicas: 1,
    log: silent,
    tracer: trace.getTracer('simulation'),
    clock: process.clock,
  };
  const store = async (subject: string, payload: string, headers: Record<string, string>) => {
    const { [expectation]: expected, ...rest } = headers;
    const expectLast = expected === undefined ? {} : { expectLast: Number(expected) };
    const stored = await requests.store(streamOf(subject), subject, payload, {
      headers: rest,
      ...expectLast,
    });
    return JSON.stringify('refusal' in stored ? { error: stored.refusal } : { seq: stored.sequence });
  };
  return bus as unknown as Bus;
}

type Query = { readonly last_by_subj: string } | { readonly seq: number; readonly next_by_subj: string };
