import { readConfig } from '#libs/runtime/config';
import { decisionPublicKeyFile, readDecisionKeys } from '#libs/runtime/decision-key-files';
import { createLog, type LogOptions } from '#libs/runtime/log';
import { guardSettingsSchema } from './config.ts';
import { openEye } from './engine/open-eye.ts';
import { listenOn } from './listen.ts';
import { createSeenRuns } from './seen-runs.ts';
import { createGuard } from './serve.ts';

export type GuardOptions = {
  readonly env: NodeJS.ProcessEnv;
  readonly logDestination?: LogOptions['destination'];
};

/** Stands between the executor and Docker's socket. It knows nothing of NATS, and keeps nothing. */
export async function startDockerGuard({ env, logDestination }: GuardOptions): Promise<AsyncDisposable> {
  const settings = readConfig(guardSettingsSchema, env);
  const log = createLog({
    service: 'docker-guard',
    level: settings.LOG_LEVEL,
    format: settings.LOG_FORMAT,
    ...(logDestination ? { destination: logDestination } : {}),
  });
  const keyFile = decisionPublicKeyFile(settings);
  const world = {
    eye: openEye(settings.DOCKER_SOCKET),
    engineName: settings.HEMOSTAT_ENGINE,
    protection: { names: settings.HEMOSTAT_PROTECT, ownId: '' },
    commands: settings.HEMOSTAT_EXEC_COMMANDS,
    runs: createSeenRuns(),
    keys: () => {
      try {
        return readDecisionKeys(keyFile);
      } catch (error) {
        log.warn({ err: error, file: keyFile }, 'The public keys of decisions cannot be read');
        return undefined;
      }
    },
    callSeconds: settings.ACTION_TIMEOUT_SECONDS,
  };
  return listenOn(createGuard(world, settings.DOCKER_SOCKET, log), settings.GUARD_SOCKET);
}
