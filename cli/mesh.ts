import type { SpanExporter } from '@opentelemetry/sdk-trace';
import { z } from 'zod';
import { startEmbeddedServer } from '#libs/bus/embedded-server';
import type { OpenOptions } from '#libs/bus/open-service';
import { port, readConfig } from '#libs/runtime/config';
import { createLog, type LogOptions, logSettings } from '#libs/runtime/log';
import { startAudit } from '../services/audit/service.ts';
import { startExecutor } from '../services/executor/service.ts';
import { startGateway } from '../services/gateway/service.ts';
import { startSafety } from '../services/safety/service.ts';
import { startVerifier } from '../services/verifier/service.ts';

const settingsSchema = z.object({
  ...logSettings,
  NATS_URL: z.string().optional(),
  NATS_PORT: port(4222),
  HEMOSTAT_DATA_DIR: z.string().default('.hemostat'),
});

export type MeshOptions = {
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly exporter?: SpanExporter;
  readonly logDestination?: LogOptions['destination'];
};

export type Mesh = AsyncDisposable & { readonly natsUrl: string; readonly gatewayUrl: string };

/** All five services in this process, on NATS_URL or on a nats-server of their own when it is unset. */
export async function startMesh(options: MeshOptions): Promise<Mesh> {
  const settings = readConfig(settingsSchema, options.env);
  await using stack = new AsyncDisposableStack();
  let natsUrl = settings.NATS_URL;
  if (natsUrl === undefined) {
    const log = createLog({
      service: 'nats',
      level: settings.LOG_LEVEL,
      format: settings.LOG_FORMAT,
      ...(options.logDestination ? { destination: options.logDestination } : {}),
    });
    const server = await startEmbeddedServer({
      env: options.env,
      dataDir: settings.HEMOSTAT_DATA_DIR,
      port: settings.NATS_PORT,
      log,
    });
    natsUrl = stack.use(server).url;
  }
  const each: OpenOptions = { ...options, env: { ...options.env, NATS_URL: natsUrl } };
  const others = await Promise.all([
    startSafety(each),
    startExecutor(each),
    startVerifier(each),
    startAudit(each),
  ]);
  stack.defer(async () => {
    await Promise.all(others.map((service) => service[Symbol.asyncDispose]()));
  });
  const gateway = stack.use(await startGateway(each));
  const owned = stack.move();
  return { natsUrl, gatewayUrl: gateway.url, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
