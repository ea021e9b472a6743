import { randomUUID } from 'node:crypto';
import { type JetStreamClient, type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import type { Tracer } from '@opentelemetry/api';
import type { Clock } from '#libs/runtime/clock';
import type { Health } from '#libs/runtime/health';
import type { Log } from '#libs/runtime/log';
import { type Ask, openAsk } from './ask.ts';
import type { Credentials } from './credentials.ts';
import { natsAway, whyNotConnected } from './not-connected.ts';
import { type Outbox, openOutbox } from './outbox.ts';

export interface Bus extends AsyncDisposable {
  readonly nc: NatsConnection;
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
  readonly kvm: Kvm;
  readonly ask: Ask;
  readonly outbox: Outbox;
  /** How long JetStream has for an answer. */
  readonly answerWithinMs: number;
  /** Marks every fact of this process, so that after a time-out it recognises what it stored itself. */
  readonly nonce: string;
  /** Another one, for work whose facts must not be taken for those of the rest of the process. */
  readonly newNonce: () => string;
  readonly service: string;
  readonly replicas: number;
  readonly log: Log;
  readonly tracer: Tracer;
  readonly clock: Clock;
}

export type BusOptions = {
  readonly url: string;
  readonly service: string;
  /** Copies of every stream and bucket: 1, 3 or 5. */
  readonly replicas: number;
  readonly log: Log;
  readonly tracer: Tracer;
  readonly clock: Clock;
  readonly health: Health;
  readonly credentials?: Credentials;
};

const longestDrainMs = 2_000;
// Short, because every caller bears a repetition, and a request that died with a connection is only noticed so.
const answerWithinMs = 2_000;

/** Connects, waiting as long as NATS is away; the connection is never given up. Reports the part `nats` of the health. */
export async function connectBus(options: BusOptions, signal?: AbortSignal): Promise<Bus> {
  const { service, log, health, clock } = options;
  health.report('nats', natsAway);
  const nc = await connectPatiently(options, signal);
  const jsOptions = { timeout: answerWithinMs };
  const js = jetstream(nc, jsOptions);
  const jsm = await jetstreamManager(nc, { ...jsOptions, checkAPI: false });
  health.report('nats', { ok: true });
  void watchConnection(nc, options);
  const outbox = openOutbox();
  return {
    nc,
    js,
    jsm,
    kvm: new Kvm(js),
    ask: openAsk(nc, outbox, options.credentials?.inboxPrefix),
    outbox,
    answerWithinMs,
    nonce: randomUUID(),
    newNonce: randomUUID,
    service,
    replicas: options.replicas,
    log,
    tracer: options.tracer,
    clock,
    [Symbol.asyncDispose]: async () => {
      if (nc.isClosed()) return;
      outbox.flush();
      const done = new AbortController();
      const drained = nc
        .drain()
        .catch(() => nc.close())
        .finally(() => done.abort());
      await clock.sleep(longestDrainMs, done.signal);
      await (done.signal.aborted ? drained : nc.close());
    },
  };
}

async function connectPatiently(options: BusOptions, signal?: AbortSignal): Promise<NatsConnection> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await connect({
        servers: options.url.split(','),
        name: `hemostat-${options.service}`,
        maxReconnectAttempts: -1,
        // A server whose configuration is being changed may refuse twice what it then accepts.
        ignoreAuthErrorAbort: true,
        reconnectTimeWait: 250,
        reconnectJitter: 250,
        pingInterval: 10_000,
        timeout: 2_000,
        // A stack for every request costs more than the request.
        noAsyncTraces: true,
        ...options.credentials,
      });
    } catch (error) {
      if (signal?.aborted) throw error;
      const trouble = whyNotConnected(error, options.credentials?.tls !== undefined);
      options.health.report('nats', trouble);
      if (attempt % 20 === 0) {
        options.log.warn(
          { url: options.url.replace(/\/\/[^@/]*@/, '//'), err: error },
          `${trouble.cause}: ${trouble.remedy}`,
        );
      }
      await options.clock.sleep(500, signal);
      if (signal?.aborted) throw error;
    }
  }
}

async function watchConnection(nc: NatsConnection, { log, health }: BusOptions): Promise<void> {
  for await (const status of nc.status()) {
    if (status.type === 'disconnect' || status.type === 'staleConnection') {
      health.report('nats', natsAway);
      log.warn(`${natsAway.cause}: ${natsAway.remedy}`);
    } else if (status.type === 'reconnect') {
      health.report('nats', { ok: true });
      log.info('NATS answers again');
    } else if (status.type === 'error') {
      log.error({ err: status.error }, 'NATS refused something; check the permissions of this service');
    }
  }
}
