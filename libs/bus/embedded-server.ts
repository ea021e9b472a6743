/**
 * Guarantee: one nats-server per data folder. It is started again when it dies, and one that a killed mesh left
 * behind is stopped first; what was stored is there again. It lets in who has a key, and where the server knows how, it
 * acknowledges what stands on the disk.
 */
import type { ChildProcess } from 'node:child_process';
import { access, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { systemClock } from '#libs/runtime/clock';
import type { Log } from '#libs/runtime/log';
import { lockDataFolder } from './data-folder-lock.ts';
import { findNatsServer, isAtLeast, natsServerVersion } from './find-nats-server.ts';
import { launch, pidFile } from './launch-nats-server.ts';
import { meshAccount } from './permissions/nats-api.ts';
import { forOwner } from './permissions/nkey-files.ts';
import { writeServerFiles } from './permissions/server-files.ts';
import type { Role } from './permissions/work.ts';

export type EmbeddedServer = AsyncDisposable & {
  readonly url: string;
  readonly pid: () => number | undefined;
  /** The file with the key of a user. */
  readonly keyFile: (role: Role) => string;
};

export type EmbeddedServerOptions = {
  readonly env: NodeJS.ProcessEnv;
  readonly dataDir: string;
  /** The Docker Engine whose executor connects. */
  readonly engine: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly log: Log;
};

/** Starts nats-server with JetStream on loopback, storing under `dataDir`. Throws with cause and remedy when it cannot. */
export async function startEmbeddedServer(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
  const binary = findNatsServer(options.env);
  await using stack = new AsyncDisposableStack();
  stack.use(await lockDataFolder(resolve(options.dataDir)));
  const folder = resolve(options.dataDir, 'nats');
  await mkdir(folder, { recursive: true });
  await stopLeftover(folder, options.log);
  const keyFile = (role: Role): string => resolve(options.dataDir, 'keys', `${role}.nk`);
  const conf = await writeServerFiles({
    folder,
    engines: [options.engine],
    syncs: isAtLeast(natsServerVersion(binary), 10),
    seedFile: keyFile,
    mode: forOwner,
  });
  await takeIntoAccount(folder);
  let child = await launch(binary, conf, folder, options.port);
  const port = child.port;
  let stopping = false;
  const supervise = (): void => {
    child.process.once('exit', async () => {
      while (!stopping) {
        options.log.error('nats-server ended unexpectedly; starting it again');
        try {
          child = await launch(binary, conf, folder, port);
          return supervise();
        } catch (error) {
          options.log.error({ err: error }, 'nats-server did not start');
          await systemClock.sleep(1_000);
        }
      }
    });
  };
  supervise();
  const lock = stack.move();
  return {
    url: `nats://127.0.0.1:${port}`,
    pid: () => child.process.pid,
    keyFile,
    [Symbol.asyncDispose]: async () => {
      stopping = true;
      await stop(child.process);
      await rm(pidFile(folder), { force: true });
      await lock.disposeAsync();
    },
  };
}

/** What was stored by a server that did not know accounts yet. */
async function takeIntoAccount(folder: string): Promise<void> {
  const [before, after] = ['$G', meshAccount].map((account) => join(folder, 'jetstream', account));
  if (before === undefined || after === undefined) return;
  const isThere = await access(after).then(
    () => true,
    () => false,
  );
  if (isThere) return;
  await rename(before, after).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}

/** Ends the server that a killed mesh left on this folder, recognised by its command line. */
async function stopLeftover(folder: string, log: Log): Promise<void> {
  const pid = Number(await readFile(pidFile(folder), 'utf8').catch(() => ''));
  if (!pid) return;
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  if (!command.includes('nats-server') || !command.includes(folder)) return;
  log.warn({ pid }, 'stopping the nats-server that an earlier run left behind');
  process.kill(pid, 'SIGTERM');
  const giveUpAt = Date.now() + 5_000;
  while (isAlive(pid) && Date.now() < giveUpAt) await systemClock.sleep(20);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  child.kill('SIGTERM');
  await Promise.race([ended, systemClock.sleep(3_000)]);
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
}
