import {
  AckPolicy,
  type ConsumerConfig,
  DeliverPolicy,
  DiscardPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream';
import {
  allFacts,
  allSafetyActs,
  anyDecidedOf,
  anyFinished,
  anyRequested,
  anyStep,
  auditAll,
  buckets,
  checkpointSubject,
  consumers,
  deadAll,
  inboxBelow,
  inboxSubject,
  storedCopyOf,
  streams,
} from '#libs/contracts/subjects';
import type { Bus } from './bus.ts';

export type ProvisionOptions = {
  /** Engines whose executors need a consumer. */
  readonly engines: readonly string[];
  /** How long facts and audit entries stay in their streams. Also how long an id is idempotent. */
  readonly factsDays: number;
  /** Audit entries kept per target in the stream. */
  readonly auditPerTarget: number;
  /** Plans that one engine runs at the same time. */
  readonly executorSlots: number;
};

const days = (count: number): number => count * 86_400 * 1e9;
const seconds = (count: number): number => count * 1e9;
const consumerNameInUse = 10148;
const streamNameInUse = 10058;
const streamNotSo = 10052;

/** A server on which the mesh must not run; waiting does not help. */
export class UnsuitableServer extends Error {}

/** How long the server waits for a sign of life of a service before it hands its message to another replica. */
export const ackWaitMs = 5_000;

/** Makes every stream, bucket and durable consumer that is missing. Safe to run at once in any number of processes. */
export async function provision(bus: Bus, options: ProvisionOptions): Promise<void> {
  for (const config of streamConfigs(bus, options)) await ensureStream(bus, config);
  for (const bucket of Object.values(buckets)) {
    await bus.kvm.create(bucket, { history: 5, replicas: bus.replicas, allow_direct: bus.replicas === 1 });
  }
  for (const [stream, config] of consumerConfigs(options)) await ensureConsumer(bus, stream, config);
}

/** Throws an `UnsuitableServer` with the remedy; warns of what an old one cannot do. */
export function refuseOldServers(bus: Bus): void {
  const version = bus.nc.info?.version ?? '0.0.0';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const atLeast = (wanted: number): boolean => major > 2 || (major === 2 && minor >= wanted);
  if (!atLeast(9))
    throw new UnsuitableServer(
      `nats-server ${version} is too old: the mesh needs 2.9 or later; install a newer one`,
    );
  if (bus.replicas > 1 && !atLeast(10)) {
    throw new UnsuitableServer(
      `HEMOSTAT_REPLICAS=${bus.replicas} needs nats-server 2.10 or later on every node (this is ${version}); upgrade, or set HEMOSTAT_REPLICAS=1`,
    );
  }
  if (!atLeast(10)) {
    bus.log.warn(
      `nats-server ${version} has no fsync control: a power failure may lose the last seconds; 2.12 or later is recommended`,
    );
  }
}

type StreamPlan = Partial<StreamConfig> & { readonly name: string };

function streamConfigs(bus: Bus, { factsDays, auditPerTarget }: ProvisionOptions): readonly StreamPlan[] {
  const base = {
    storage: StorageType.File,
    num_replicas: bus.replicas,
    discard: DiscardPolicy.Old,
    // With one copy a direct read is the leader's own; with more it may be stale, and decisions must not be.
    allow_direct: bus.replicas === 1,
  };
  return [
    {
      ...base,
      name: streams.facts,
      subjects: [allFacts, allSafetyActs],
      max_age: days(factsDays),
      deny_delete: true,
      republish: { src: allFacts, dest: storedCopyOf(allFacts) },
    },
    {
      ...base,
      name: streams.inbox,
      subjects: [inboxSubject, inboxBelow],
      retention: RetentionPolicy.Workqueue,
    },
    {
      ...base,
      name: streams.audit,
      subjects: [auditAll],
      max_msgs_per_subject: auditPerTarget,
      max_age: days(factsDays),
      deny_delete: true,
    },
    { ...base, name: streams.dead, subjects: [deadAll], max_age: days(30) },
    // Without an age: the newest one has to be there however long nothing happens.
    {
      ...base,
      name: streams.checkpoints,
      subjects: [checkpointSubject],
      max_msgs: 10_000,
      deny_delete: true,
    },
  ];
}

type ConsumerPlan = Partial<ConsumerConfig> & { readonly durable_name: string };

function consumerConfigs({
  engines,
  executorSlots,
}: ProvisionOptions): readonly (readonly [string, ConsumerPlan])[] {
  const durable = (name: string, filter: string | undefined, maxAckPending: number): ConsumerPlan => ({
    durable_name: name,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    ack_wait: seconds(ackWaitMs / 1_000),
    max_deliver: -1,
    max_ack_pending: maxAckPending,
    ...(filter === undefined ? {} : { filter_subject: filter }),
  });
  return [
    [streams.inbox, durable(consumers.inbox, undefined, 4_096)],
    [streams.facts, durable(consumers.requests, anyRequested, 512)],
    [streams.facts, durable(consumers.progress, anyStep, 512)],
    [streams.facts, durable(consumers.finished, anyFinished, 512)],
    [streams.facts, durable(consumers.audit, undefined, 2_048)],
    [streams.dead, durable(consumers.auditDead, undefined, 512)],
    ...engines.map(
      (engine) =>
        [streams.facts, durable(consumers.executor(engine), anyDecidedOf(engine), executorSlots)] as const,
    ),
  ];
}

async function ensureStream(bus: Bus, config: StreamPlan): Promise<void> {
  try {
    await bus.jsm.streams.add(config);
  } catch (error) {
    if (!isApiError(error, streamNameInUse)) throw error;
    const { name, retention: _retention, storage: _storage, ...changeable } = config;
    await bus.jsm.streams.update(name, changeable).catch(async (failure: unknown) => {
      if (changeable.republish === undefined || !isApiError(failure, streamNotSo)) throw failure;
      // Before 2.10 a stream that was made without it cannot be given it.
      const { republish: _republish, ...rest } = changeable;
      await bus.jsm.streams.update(name, rest);
    });
  }
}

async function ensureConsumer(bus: Bus, stream: string, config: ConsumerPlan): Promise<void> {
  try {
    await bus.jsm.consumers.info(stream, config.durable_name);
    await bus.jsm.consumers.update(stream, config.durable_name, {
      ...(config.ack_wait === undefined ? {} : { ack_wait: config.ack_wait }),
      ...(config.max_ack_pending === undefined ? {} : { max_ack_pending: config.max_ack_pending }),
    });
  } catch (error) {
    if (!isApiError(error, JetStreamApiCodes.ConsumerNotFound)) throw error;
    await bus.jsm.consumers.add(stream, config).catch((failure: unknown) => {
      if (!isApiError(failure, consumerNameInUse)) throw failure;
    });
  }
}

function isApiError(error: unknown, code: number): boolean {
  return error instanceof JetStreamApiError && error.code === code;
}
