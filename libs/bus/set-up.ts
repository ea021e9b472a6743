/**
 * Guarantee: no service works before every stream, bucket and consumer that it needs is there. One that logs in with a key
 * of its own makes none of them; it waits for the set-up that may.
 */
import type { Health, PartState } from '#libs/runtime/health';
import { retryUntil } from '#libs/runtime/retry';
import type { Bus } from './bus.ts';
import { bucketStream } from './permissions/nats-api.ts';
import { isServiceRole, type Role, workOfServices } from './permissions/work.ts';
import {
  type ProvisionOptions,
  provision,
  provisionForPublishers,
  refuseOldServers,
  UnsuitableServer,
} from './provision.ts';

/** The identity that makes the streams where the services may not. */
export const setUpRole = 'setup' satisfies Role;

type Trouble = Extract<PartState, { readonly ok: false }>;

const noStreams: Trouble = {
  ok: false,
  cause: 'NATS answers, but its streams cannot be set up',
  remedy: 'start nats-server with JetStream (-js), give it disk space, or see the log for what it refused',
};

const notSetUp: Trouble = {
  ok: false,
  cause:
    'NATS answers, but not all streams and consumers of the mesh are there yet, and this service may not make them',
  remedy:
    'run "node nats/set-up.ts" with the key of the user setup in NATS_NKEY_FILE and the same HEMOSTAT_ENGINE; the service goes on by itself',
};

export type SetUpOptions = {
  readonly bus: Bus;
  readonly health: Health;
  readonly signal: AbortSignal;
  /** Whether this service may make what is missing. */
  readonly makes: boolean;
  /** Whether NATS has accounts, and this service may make what publishers read in theirs. */
  readonly forPublishers: boolean;
  readonly plan: ProvisionOptions;
};

/** Makes what is missing, or waits until it is there, as long as it takes. */
export async function setUp({
  bus,
  health,
  signal,
  makes,
  forPublishers,
  plan,
}: SetUpOptions): Promise<void> {
  const trouble = makes ? noStreams : notSetUp;
  refuseOldServers(bus);
  const attempt = async (tries: number): Promise<void> => {
    try {
      await (makes ? provision(bus, plan) : lookForAll(bus, plan.engines));
      if (forPublishers) await provisionForPublishers(bus, plan);
    } catch (error) {
      health.report('nats', trouble);
      if (makes || tries % 20 === 2) bus.log.warn({ err: error }, `${trouble.cause}: ${trouble.remedy}`);
      throw error;
    }
  };
  await retryUntil(attempt, {
    clock: bus.clock,
    signal,
    minMs: makes ? 500 : 100,
    maxMs: makes ? 5_000 : 1_000,
    retryable: (error) => !(error instanceof UnsuitableServer) && !bus.nc.isClosed(),
  });
  health.report('nats', { ok: true });
}

async function lookForAll({ jsm, service }: Bus, engines: readonly string[]): Promise<void> {
  if (!isServiceRole(service)) return;
  const { reads, knows, keeps, takes } = workOfServices(engines)[service];
  const needed = new Set([...reads, ...knows, ...keeps.map(bucketStream)]);
  await Promise.all([
    ...[...needed].map((stream) => jsm.streams.info(stream)),
    ...takes.map(([stream, consumer]) => jsm.consumers.info(stream, consumer)),
  ]);
}
