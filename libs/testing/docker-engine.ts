import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import Docker from 'dockerode';
import { type OwnEngine, startDaemon } from './docker-engine-daemon.ts';
import { openGround } from './docker-engine-ground.ts';

export type { OwnEngine } from './docker-engine-daemon.ts';

export interface TestEngine {
  readonly docker: Docker;
  readonly dockerHost: string;
}

/** The engine of this test run: its own under `npm test` where that is possible, else the one that answers. */
export function testEngine(): TestEngine {
  return { docker: new Docker(), dockerHost: process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock' };
}

/**
 * A further engine, apart from the run's, to be killed, frozen and restarted; its published ports are not
 * reachable from the test. Undefined, with the reason printed, where this machine does not allow one.
 */
export async function startOwnEngine(): Promise<(OwnEngine & { readonly docker: Docker }) | undefined> {
  const reason = await whyNoOwnEngine();
  if (reason !== undefined) {
    console.warn(`no Docker Engine of the test's own: ${reason}`);
    return undefined;
  }
  const engine = await startDaemon(await openGround());
  return { ...engine, docker: new Docker({ socketPath: engine.socketPath }) };
}

/** Why this machine allows no engine of the tests' own; undefined where it does. */
export async function whyNoOwnEngine(): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'it needs Linux';
  if (process.getuid?.() !== 0) return 'it needs root';
  try {
    await promisify(execFile)('unshare', ['--mount', '--net', '--pid', '--fork', 'dockerd', '--version']);
    return undefined;
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error);
    return said || 'dockerd is not installed';
  }
}
