import type { Tracer } from '@opentelemetry/api';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import { type Clock, systemClock } from '#libs/runtime/clock';
import { readConfig } from '#libs/runtime/config';
import { armFailpoints } from '#libs/runtime/failpoint';
import { createHealth, type Health, serveHealth } from '#libs/runtime/health';
import { createLog, type Log, type LogOptions } from '#libs/runtime/log';
import { startTracing } from '#libs/runtime/tracing';
import { type Bus, connectBus } from './bus.ts';
import { credentialsOf } from './credentials.ts';
import { type MeshSettings, meshSettingsSchema } from './mesh-settings.ts';
import { setUp, setUpRole } from './set-up.ts';

/** What every service stands on. Whoever opened it disposes it, after the service itself. */
export interface ServiceContext extends AsyncDisposable {
  readonly name: string;
  readonly env: NodeJS.ProcessEnv;
  readonly settings: MeshSettings;
  readonly bus: Bus;
  readonly log: Log;
  readonly tracer: Tracer;
  readonly health: Health;
  readonly clock: Clock;
  /** Aborts when the service is asked to stop. */
  readonly signal: AbortSignal;
}

export type OpenOptions = {
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** Gets every span as it ends, besides any collector. */
  readonly exporter?: SpanExporter;
  readonly logDestination?: LogOptions['destination'];
  readonly clock?: Clock;
};

/** Log, tracing, health, the connection to NATS and everything provisioned on it. Waits for NATS, and for its set-up, as long as it takes. */
export async function openService(name: string, options: OpenOptions): Promise<ServiceContext> {
  const { env, signal, exporter, logDestination, clock = systemClock } = options;
  const settings = readConfig(meshSettingsSchema, env);
  const credentials = credentialsOf(name, settings);
  await using stack = new AsyncDisposableStack();
  const log = createLog({
    service: name,
    level: settings.LOG_LEVEL,
    format: settings.LOG_FORMAT,
    ...(logDestination ? { destination: logDestination } : {}),
  });
  warnOfRedis(settings, log);
  armFailpoints(settings.HEMOSTAT_FAILPOINTS, log);
  const tracing = stack.use(
    startTracing({
      service: `hemostat-${name}`,
      env,
      warn: (message) => log.warn(message),
      ...(exporter ? { exporter } : {}),
    }),
  );
  const health = createHealth(['nats']);
  if (settings.HEMOSTAT_HEALTH_PORT !== undefined) {
    stack.use(await serveHealth(health, settings.HEMOSTAT_HEALTH_PORT, settings.HEMOSTAT_HEALTH_HOST));
  }
  const bus = stack.use(
    await connectBus(
      {
        url: settings.NATS_URL,
        service: name,
        replicas: settings.HEMOSTAT_REPLICAS,
        log,
        tracer: tracing.tracer,
        clock,
        health,
        credentials,
      },
      signal,
    ),
  );
  await setUp({
    bus,
    health,
    signal,
    makes: settings.NATS_NKEY_FILE === undefined || name === setUpRole,
    forPublishers: settings.NATS_NKEY_FILE !== undefined && name === setUpRole,
    plan: {
      engines: [settings.HEMOSTAT_ENGINE],
      factsDays: settings.HEMOSTAT_FACTS_DAYS,
      auditPerTarget: settings.HEMOSTAT_AUDIT_PER_TARGET,
      executorSlots: settings.HEMOSTAT_EXECUTOR_SLOTS,
    },
  });
  const owned = stack.move();
  return {
    name,
    env,
    settings,
    bus,
    log,
    tracer: tracing.tracer,
    health,
    clock,
    signal,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Who sets where Redis is believes that something is kept there. */
function warnOfRedis({ REDIS_HOST, REDIS_PORT }: MeshSettings, log: Log): void {
  const given = Object.entries({ REDIS_HOST, REDIS_PORT }).flatMap(([name, set]) => (set ? [name] : []));
  if (given.length === 0) return;
  log.warn(
    `${given.join(' and ')} ${given.length > 1 ? 'are' : 'is'} set and not used: NATS took the place of Redis. Set NATS_URL to where NATS is, for example nats://nats:4222, and remove ${given.length > 1 ? 'them' : 'it'}.`,
  );
}
