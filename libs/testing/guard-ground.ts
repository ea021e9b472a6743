import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDockerGuard } from '../../services/docker-guard/service.ts';
import { testEngine } from './docker-engine.ts';

/** A guard of a test's own before an engine, the run's unless told. */
export interface GuardGround extends AsyncDisposable {
  readonly dockerHost: string;
  readonly socketPath: string;
  /** What it wrote, a JSON line each. */
  readonly log: readonly string[];
}

export async function startGuard(
  env: NodeJS.ProcessEnv = {},
  { dockerHost } = testEngine() as { readonly dockerHost: string },
): Promise<GuardGround> {
  const socketPath = join(tmpdir(), `hemostat-guard-${randomBytes(6).toString('hex')}.sock`);
  const log: string[] = [];
  const guard = await startDockerGuard({
    env: { GUARD_SOCKET: socketPath, DOCKER_SOCKET: dockerHost.replace('unix://', ''), ...env },
    logDestination: { write: (line) => void log.push(line) },
  });
  return {
    dockerHost: `unix://${socketPath}`,
    socketPath,
    log,
    [Symbol.asyncDispose]: () => guard[Symbol.asyncDispose](),
  };
}
