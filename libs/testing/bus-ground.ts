import { join } from 'node:path';
import { openService, type ServiceContext } from '#libs/bus/open-service';
import { keepDecisionKeys } from './decision-keys.ts';
import { type NatsServer, startNatsServer } from './nats-server.ts';

/** What a test of something on the bus alone stands on: a NATS of its own, and a client of it. */
export interface BusGround extends AsyncDisposable {
  readonly server: NatsServer;
  readonly context: ServiceContext;
  /** Aborts at the end, before anything is closed. */
  readonly signal: AbortSignal;
  /** For another client of it. */
  readonly env: Readonly<Record<string, string>>;
}

export async function startBusGround(): Promise<BusGround> {
  const stop = new AbortController();
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await startNatsServer());
  const dataDir = join(server.dir, 'mesh');
  await keepDecisionKeys(dataDir);
  const env = { NATS_URL: server.url, LOG_LEVEL: 'silent', HEMOSTAT_DATA_DIR: dataDir };
  const context = stack.use(await openService('test', { env, signal: stop.signal }));
  stack.defer(() => stop.abort());
  const owned = stack.move();
  return { server, context, signal: stop.signal, env, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
