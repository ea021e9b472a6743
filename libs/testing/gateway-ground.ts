import { join } from 'node:path';
import { type OpenOptions, openService, type ServiceContext } from '#libs/bus/open-service';
import { type ApiClient, apiClient } from './api-client.ts';
import { type NatsServer, startNatsServer } from './nats-server.ts';
import { type PlayedExecutor, playExecutor } from './played-executor.ts';

/** The services under test, handed in because this folder knows none of them. */
export type GroundServices = {
  readonly startSafety: (options: OpenOptions) => Promise<AsyncDisposable>;
  readonly startGateway: (options: OpenOptions) => Promise<AsyncDisposable & { readonly url: string }>;
};

/** Two real gateways and a real safety on a real nats-server; only the executor is played. */
export interface GatewayGround extends AsyncDisposable {
  readonly server: NatsServer;
  /** A client of NATS beside them. */
  readonly context: ServiceContext;
  readonly executor: PlayedExecutor;
  /** Clients of the first and of the second gateway. */
  readonly api: ApiClient;
  readonly other: ApiClient;
}

export async function startGatewayGround(services: GroundServices): Promise<GatewayGround> {
  const stop = new AbortController();
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await startNatsServer());
  const env = {
    NATS_URL: server.url,
    LOG_LEVEL: 'silent',
    GATEWAY_PORT: '0',
    HEMOSTAT_DATA_DIR: join(server.dir, 'mesh'),
  };
  const options = { env, signal: stop.signal };
  const context = stack.use(await openService('test', options));
  const executor = stack.use(await playExecutor(context.bus));
  stack.use(await services.startSafety(options));
  const api = await apiClient(stack.use(await services.startGateway(options)).url);
  const other = await apiClient(stack.use(await services.startGateway(options)).url);
  stack.defer(() => stop.abort());
  const owned = stack.move();
  return { server, context, executor, api, other, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
