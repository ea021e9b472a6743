import {
  AckPolicy,
  type ConsumerConfig,
  DeliverPolicy,
  DiscardPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
  jetstreamManager,
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
  completeChannel,
  consumers,
  deadAll,
  inboxBelow,
  inboxSubject,
  storedCopyOf,
  streams,
} from '#libs/contracts/subjects';
import type { Bus } from './bus.ts';
import {
  apiPrefixOf,
  bucketStream,
  deliveryFrom,
  meshAccount,
  resultsAccount,
} from './permissions/nats-api.ts';

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
  for (const config of streamConfigs(bus, options)) await ensureStream(bus.jsm, config);
  for (const [bucket, description] of bucketDescriptions) {
    const { replicas } = bus;
    await bus.kvm.create(bucket, { history: 5, replicas, allow_direct: replicas === 1 });
    await bus.jsm.streams.update(bucketStream(bucket), { description });
  }
  for (const [stream, config] of consumerConfigs(options)) await ensureConsumer(bus, stream, config);
}

/** Makes the copy of the results that publishers read, in an account that holds nothing else; on a NATS with keys only. */
export async function provisionForPublishers(bus: Bus, options: ProvisionOptions): Promise<void> {
  const apiPrefix = apiPrefixOf(resultsAccount);
  const jsm = await jetstreamManager(bus.nc, { apiPrefix, timeout: bus.answerWithinMs, checkAPI: false });
  const external = { api: apiPrefixOf(meshAccount), deliver: deliveryFrom(meshAccount) };
  await ensureStream(jsm, { ...resultsConfig(bus, options), sources: [{ name: streams.results, external }] });
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

const bucketDescriptions = [
  [buckets.safety, 'What safety remembers: a cell for each target, the kill switch, orders of people.'],
  [buckets.audit, 'Where the audit stands: the end of its chain, and who appends to it.'],
] as const;

const baseOf = ({ replicas }: Bus) => ({
  storage: StorageType.File,
  num_replicas: replicas,
  discard: DiscardPolicy.Old,
  // With one copy a direct read is the leader's own; with more it may be stale, and decisions must not be.
  allow_direct: replicas === 1,
});

const resultsConfig = (bus: Bus, { factsDays }: ProvisionOptions): StreamPlan => ({
  ...baseOf(bus),
  name: streams.results,
  description: 'How each remediation ended, for who asked for it; read it by a durable consumer of your own.',
  subjects: [completeChannel],
  max_age: days(factsDays),
  max_msgs: 100_000,
  deny_delete: true,
});

function streamConfigs(bus: Bus, options: ProvisionOptions): readonly StreamPlan[] {
  const { factsDays, auditPerTarget } = options;
  const base = baseOf(bus);
  return [
    {
      ...base,
      name: streams.facts,
      description: 'The facts of every remediation, and what people ordered of safety.',
      subjects: [allFacts, allSafetyActs],
      max_age: days(factsDays),
      deny_delete: true,
      republish: { src: allFacts, dest: storedCopyOf(allFacts) },
    },
    {
      ...base,
      name: streams.inbox,
      description: 'Requests that came over NATS and that no gateway has taken up yet.',
      subjects: [inboxSubject, inboxBelow],
      retention: RetentionPolicy.Workqueue,
    },
    resultsConfig(bus, options),
    {
      ...base,
      name: streams.audit,
      description: 'The newest audit records of each target; the audit file has all of them.',
      subjects: [auditAll],
      max_msgs_per_subject: auditPerTarget,
      max_age: days(factsDays),
      deny_delete: true,
    },
    {
      ...base,
      name: streams.dead,
      description: 'Messages that could not be understood, with the reason.',
      subjects: [deadAll],
      max_age: days(30),
    },
    // Without an age: the newest one has to be there however long nothing happens.
    {
      ...base,
      name: streams.checkpoints,
      description: 'Signed checkpoints of the audit.',
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
  const durable = (
    name: string,
    filter: string | undefined,
    maxAckPending: number,
    description: string,
  ): ConsumerPlan => ({
    durable_name: name,
    description,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    ack_wait: seconds(ackWaitMs / 1_000),
    max_deliver: -1,
    max_ack_pending: maxAckPending,
    ...(filter === undefined ? {} : { filter_subject: filter }),
  });
  return [
    [streams.inbox, durable(consumers.inbox, undefined, 4_096, 'Hands requests to the gateway.')],
    [streams.facts, durable(consumers.requests, anyRequested, 512, 'Hands to safety what it is to decide.')],
    [streams.facts, durable(consumers.progress, anyStep, 512, 'Tells safety that an executor is at work.')],
    [streams.facts, durable(consumers.finished, anyFinished, 512, 'Tells safety that an executor is done.')],
    [streams.facts, durable(consumers.audit, undefined, 2_048, 'Hands every fact to the audit.')],
    [streams.dead, durable(consumers.auditDead, undefined, 512, 'Hands dead letters to the audit.')],
    ...engines.map(
      (engine) =>
        [
          streams.facts,
          durable(
            consumers.executor(engine),
            anyDecidedOf(engine),
            executorSlots,
            `Hands to the executor of the engine ${engine} what was decided.`,
          ),
        ] as const,
    ),
  ];
}

async function ensureStream({ streams: made }: JetStreamManager, config: StreamPlan): Promise<void> {
  try {
    await made.add(config);
  } catch (error) {
    if (!isApiError(error, streamNameInUse)) throw error;
    const { name, retention: _retention, storage: _storage, ...changeable } = config;
    await made.update(name, changeable).catch(async (failure: unknown) => {
      if (changeable.republish === undefined || !isApiError(failure, streamNotSo)) throw failure;
      // Before 2.10 a stream that was made without it cannot be given it.
      const { republish: _republish, ...rest } = changeable;
      await made.update(name, rest);
    });
  }
}

async function ensureConsumer(bus: Bus, stream: string, config: ConsumerPlan): Promise<void> {
  try {
    await bus.jsm.consumers.info(stream, config.durable_name);
    await bus.jsm.consumers.update(stream, config.durable_name, {
      ...(config.ack_wait === undefined ? {} : { ack_wait: config.ack_wait }),
      ...(config.description === undefined ? {} : { description: config.description }),
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
