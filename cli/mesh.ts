import type { SpanExporter } from '@opentelemetry/sdk-trace';
import { z } from 'zod';
import { type EmbeddedServer, startEmbeddedServer } from '#libs/bus/embedded-server';
import { meshSettingsSchema } from '#libs/bus/mesh-settings';
import { type OpenOptions, openService } from '#libs/bus/open-service';
import type { Role } from '#libs/bus/permissions/work';
import { setUpRole } from '#libs/bus/set-up';
import { engineSchema } from '#libs/contracts/scalars';
import { ConfigError, port, readConfig } from '#libs/runtime/config';
import { createLog, type LogOptions, logSettings } from '#libs/runtime/log';
import { readAuditConfig } from '../services/audit/config.ts';
import { startAudit } from '../services/audit/service.ts';
import { executorSettingsSchema } from '../services/executor/config.ts';
import { startExecutor } from '../services/executor/service.ts';
import { gatewaySettingsSchema } from '../services/gateway/config.ts';
import { startGateway } from '../services/gateway/service.ts';
import { safetySettingsSchema } from '../services/safety/config.ts';
import { startSafety } from '../services/safety/service.ts';
import { readVerifierConfig } from '../services/verifier/config.ts';
import { startVerifier } from '../services/verifier/service.ts';

const settingsSchema = z.object({
  ...logSettings,
  NATS_URL: z.string().optional(),
  NATS_PORT: port(4222),
  HEMOSTAT_DATA_DIR: z.string().default('.hemostat'),
  HEMOSTAT_ENGINE: engineSchema.default('local'),
});

export type MeshOptions = {
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly exporter?: SpanExporter;
  readonly logDestination?: LogOptions['destination'];
};

export type Mesh = AsyncDisposable & {
  readonly natsUrl: string;
  /** With which people look at the embedded NATS. */
  readonly operatorKeyFile: string | undefined;
  readonly gatewayUrl: string;
};

/** All five services in this process, on NATS_URL or on a nats-server of their own when it is unset. */
export async function startMesh(options: MeshOptions): Promise<Mesh> {
  const settings = readConfig(settingsSchema, options.env);
  checkSettings(options.env);
  await using stack = new AsyncDisposableStack();
  let natsUrl = settings.NATS_URL;
  let keyFile: EmbeddedServer['keyFile'] | undefined;
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
      engine: settings.HEMOSTAT_ENGINE,
      port: settings.NATS_PORT,
      log,
    });
    natsUrl = stack.use(server).url;
    keyFile = server.keyFile;
  }
  const as = (role: Role): OpenOptions => ({
    ...options,
    env: { ...options.env, NATS_URL: natsUrl, ...(keyFile ? onlyKey(keyFile(role)) : {}) },
  });
  if (keyFile) await (await openService(setUpRole, as(setUpRole)))[Symbol.asyncDispose]();
  const others = await Promise.all([
    startSafety(as('safety')),
    startExecutor(as('executor')),
    startVerifier(as('verifier')),
    startAudit(as('audit')),
  ]);
  stack.defer(async () => {
    await Promise.all(others.map((service) => service[Symbol.asyncDispose]()));
  });
  const gateway = stack.use(await startGateway(as('gateway')));
  const owned = stack.move();
  return {
    natsUrl,
    operatorKeyFile: keyFile?.('operator'),
    gatewayUrl: gateway.url,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** What else says who connects, and how, is meant for a NATS of one's own. */
function onlyKey(file: string): NodeJS.ProcessEnv {
  const others = ['NATS_USER', 'NATS_PASSWORD', 'NATS_TOKEN'].flatMap((name) => [name, `${name}_FILE`]);
  const unset = [...others, 'NATS_CA_FILE', 'NATS_CERT_FILE', 'NATS_KEY_FILE'].map((name) => [name, '']);
  return { ...Object.fromEntries(unset), NATS_NKEY_FILE: file };
}

/** Every service's settings, before anything is started: a wrong one then stands alone on the screen. */
function checkSettings(env: NodeJS.ProcessEnv): void {
  for (const schema of [
    meshSettingsSchema,
    gatewaySettingsSchema,
    safetySettingsSchema,
    executorSettingsSchema,
  ]) {
    readConfig(schema, env);
  }
  readVerifierConfig(env);
  readAuditConfig(env);
  if (!env.NATS_URL && readConfig(meshSettingsSchema, env).HEMOSTAT_REPLICAS > 1) {
    throw new ConfigError([
      {
        name: 'HEMOSTAT_REPLICAS',
        found: 'more than one copy',
        expected: '1 with the embedded nats-server; set NATS_URL to a cluster for more',
      },
    ]);
  }
}
