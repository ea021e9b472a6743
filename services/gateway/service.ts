import { type OpenOptions, openService } from '#libs/bus/open-service';
import { serveRpc } from '#libs/bus/rpc';
import { version } from '#libs/contracts/version';
import { systemClock } from '#libs/runtime/clock';
import { readConfig } from '#libs/runtime/config';
import { createLog, type Log } from '#libs/runtime/log';
import { openAccess } from './access.ts';
import { createAdmission } from './admission.ts';
import { type GatewaySettings, gatewaySettingsSchema } from './config.ts';
import { buildGateway } from './http/app.ts';
import type { App } from './http/app-type.ts';
import { startInbox } from './inbox/inbox.ts';
import { createMeshLink } from './mesh-link.ts';
import type { RequestSettings } from './requested.ts';
import { hearEnds } from './watch.ts';

export type Gateway = AsyncDisposable & { readonly url: string };

/**
 * Listens on HTTP at once, answering 503 with cause and remedy for as long as NATS is away; resolves when it is
 * connected and both doors are open. Any number of replicas may run.
 */
export async function startGateway(options: OpenOptions): Promise<Gateway> {
  const settings = readConfig(gatewaySettingsSchema, options.env);
  const log = createLog({
    service: 'gateway',
    level: settings.LOG_LEVEL,
    format: settings.LOG_FORMAT,
    ...(options.logDestination ? { destination: options.logDestination } : {}),
  });
  if (settings.RESPONDER_DRY_RUN)
    log.warn('RESPONDER_DRY_RUN is on: every request is a dry run, nothing is done');
  await using stack = new AsyncDisposableStack();
  const link = createMeshLink();
  const clock = options.clock ?? systemClock;
  const app = await buildGateway({ settings, access: openAccess(settings, log), link, log, clock });
  stack.defer(() => app.close());
  const url = await listen(app, settings, log);

  const context = stack.use(await openService('gateway', options));
  const admission = createAdmission(context.bus, requestSettings(settings));
  const description = 'Takes requests over HTTP and NATS, and answers them';
  stack.use(await serveRpc(context.bus, { name: 'gateway', version, description }, []));
  stack.use(startInbox(context, admission));
  const ends = stack.use(await hearEnds(context.bus, context.signal));
  link.connect({ context, admission, ends });
  // Requests under way still need NATS, so this comes before its end.
  stack.defer(() => app.close());
  const owned = stack.move();
  return { url, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function listen(app: App, settings: GatewaySettings, log: Log): Promise<string> {
  const { GATEWAY_HOST: host, GATEWAY_PORT: port } = settings;
  try {
    const url = await app.listen({ host, port });
    log.info({ url }, 'listening');
    return url;
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code !== 'EADDRINUSE') throw cause;
    throw new Error(
      `port ${port} of ${host} is taken by another program; stop that one, or set GATEWAY_PORT to a free port`,
      { cause },
    );
  }
}

function requestSettings(settings: GatewaySettings): RequestSettings {
  return {
    rules: { commands: settings.HEMOSTAT_EXEC_COMMANDS },
    engine: settings.HEMOSTAT_ENGINE,
    ttlMs: settings.HEMOSTAT_REQUEST_TTL_SECONDS * 1_000,
    dryRunOnly: settings.RESPONDER_DRY_RUN,
    verification: {
      stabilitySeconds: settings.HEMOSTAT_STABILITY_SECONDS,
      timeoutSeconds: settings.HEMOSTAT_VERIFY_TIMEOUT_SECONDS,
      startingSeconds: settings.HEMOSTAT_START_PERIOD_MAX_SECONDS,
      httpHealthOf: [settings.TARGET_API_CONTAINER],
    },
    configured: { api: settings.TARGET_API_CONTAINER, database: settings.TARGET_DB_CONTAINER },
  };
}
