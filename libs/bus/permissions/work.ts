/**
 * Guarantee: each service may state its own facts and no other, read what it needs, and change no stream. It holds on a
 * nats-server whose configuration is rendered from this table.
 */
import {
  allFacts,
  anyComplete,
  anyDecided,
  anyFinished,
  anyRequested,
  anyStep,
  auditAll,
  buckets,
  checkpointSubject,
  completeChannel,
  consumers,
  deadAll,
  executorRpcSubject,
  rpcSubject,
  safetyActSubject,
  servicePing,
  storedCopyOf,
  streams,
} from '#libs/contracts/subjects';
import { bucketStream } from './nats-api.ts';

export const serviceRoles = ['gateway', 'safety', 'executor', 'verifier', 'audit'] as const;
export type ServiceRole = (typeof serviceRoles)[number];
/** Who has a key of its own. Publishers have theirs in a file of the operator's. */
export const roles = [...serviceRoles, 'setup', 'operator'] as const;
export type Role = (typeof roles)[number];

export const isServiceRole = (name: string): name is ServiceRole =>
  (serviceRoles as readonly string[]).includes(name);

/** What one service does on NATS. */
export type Work = {
  /** Facts and the like, as subjects. */
  readonly states: readonly string[];
  /** Whom it asks, as subjects of requests. */
  readonly asks: readonly string[];
  /** Subjects of the requests that it answers, besides those of the services protocol. */
  readonly answers: readonly string[];
  readonly hears: readonly string[];
  /** Streams whose messages it reads one by one. */
  readonly reads: readonly string[];
  /** Streams of which it knows how they were made. */
  readonly knows: readonly string[];
  /** Streams of which it looks whether they have a certain consumer. */
  readonly knowsConsumersOf: readonly string[];
  /** Streams that it walks through with consumers of its own. */
  readonly scans: readonly string[];
  /** Durable consumers that hand it its work, with their streams. */
  readonly takes: readonly (readonly [stream: string, consumer: string])[];
  /** Buckets whose values it writes. */
  readonly keeps: readonly string[];
  /** Buckets from which it may also remove values without a trace. */
  readonly forgetsFrom: readonly string[];
};

const nothing: Work = {
  states: [],
  asks: [],
  answers: [],
  hears: [],
  reads: [],
  knows: [],
  knowsConsumersOf: [],
  scans: [],
  takes: [],
  keeps: [],
  forgetsFrom: [],
};

const single = (all: string): string => all.replace(/>$/, '*');
const dead = single(deadAll);
const safetyBucket = bucketStream(buckets.safety);
const auditBucket = bucketStream(buckets.audit);
const stepFacts = ['started', 'executed', 'verified'].map((fact) => anyStep.replace(/>$/, `*.${fact}`));
const rpcs = (service: string, ...verbs: readonly string[]): readonly string[] =>
  verbs.map((verb) => rpcSubject(service, verb));
const anyExecutor = (...verbs: readonly string[]): readonly string[] =>
  verbs.map((verb) => executorRpcSubject('*', verb));

/** The work of every service; `engines` are the Docker Engines whose executors may connect. */
export function workOfServices(engines: readonly string[]): Readonly<Record<ServiceRole, Work>> {
  return {
    gateway: {
      ...nothing,
      states: [anyRequested, dead],
      asks: [
        ...anyExecutor('resolve', 'targets', 'bind'),
        ...rpcs('safety', 'status', 'explain', 'reset', 'control', 'replay', 'rebuild'),
        ...rpcs('audit', 'query', 'verify', 'prove', 'health'),
        ...rpcs('verifier', 'health'),
        ...['safety', 'verifier', 'audit'].map(servicePing),
      ],
      hears: [allFacts, storedCopyOf(allFacts)],
      reads: [streams.facts],
      knows: [streams.inbox],
      knowsConsumersOf: [streams.facts],
      takes: [[streams.inbox, consumers.inbox]],
    },
    safety: {
      ...nothing,
      states: [
        anyDecided,
        anyComplete,
        completeChannel,
        safetyActSubject('reset', '*'),
        safetyActSubject('control', '*'),
        dead,
      ],
      asks: anyExecutor('resolve', 'targets', 'preview'),
      answers: [rpcSubject('safety', '*')],
      reads: [streams.facts, safetyBucket],
      knows: [streams.results],
      scans: [safetyBucket],
      takes: [consumers.requests, consumers.progress, consumers.finished].map((name) => [
        streams.facts,
        name,
      ]),
      keeps: [buckets.safety],
      forgetsFrom: [buckets.safety],
    },
    executor: {
      ...nothing,
      states: [...stepFacts, anyFinished, dead],
      asks: rpcs('verifier', 'check'),
      answers: engines.map((engine) => executorRpcSubject(engine, '*')),
      reads: [streams.facts, safetyBucket],
      takes: engines.map((engine) => [streams.facts, consumers.executor(engine)]),
    },
    verifier: {
      ...nothing,
      asks: anyExecutor('inspect'),
      answers: [rpcSubject('verifier', '*')],
    },
    audit: {
      ...nothing,
      states: [single(auditAll), checkpointSubject],
      answers: [rpcSubject('audit', '*')],
      reads: [streams.facts, streams.dead, streams.audit, streams.checkpoints, auditBucket],
      scans: [streams.audit],
      takes: [
        [streams.facts, consumers.audit],
        [streams.dead, consumers.auditDead],
      ],
      keeps: [buckets.audit],
    },
  };
}

/** Every durable consumer, with its stream. */
export function durables(
  engines: readonly string[],
): readonly (readonly [stream: string, consumer: string])[] {
  return Object.values(workOfServices(engines)).flatMap(({ takes }) => takes);
}
