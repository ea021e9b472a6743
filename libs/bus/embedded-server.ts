/**
 * Guarantee: one nats-server per data folder. It is started again when it dies, and one that a killed mesh left
 * behind is stopped first; what was stored is there again. It lets in who has a key, and where the server knows how, it
 * acknowledges what stands on the disk.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { access, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { systemClock } from '#libs/runtime/clock';
import type { Log } from '#libs/runtime/log';
import { lockDataFolder } from './data-folder-lock.ts';
import { findNatsServer, isAtLeast, natsServerVersion } from './find-nats-server.ts';
import { forOwner } from './permissions/nkey-files.ts';
import { meshAccount } from './permissions/server-conf.ts';
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

const readyWithinMs = 10_000;

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

type Launched = { readonly process: ChildProcess; readonly port: number };

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

async function launch(binary: string, conf: string, folder: string, port: number): Promise<Launched> {
  const ports = join(folder, 'ports');
  await rm(ports, { recursive: true, force: true });
  await mkdir(ports, { recursive: true });
  const args = [
    '-c',
    conf,
    '-js',
    '-a',
    '127.0.0.1',
    '-p',
    String(port === 0 ? -1 : port),
    '-sd',
    folder,
    '--ports_file_dir',
    ports,
  ];
  // In a group of its own: Ctrl-C on a terminal is for the mesh, which ends its server when nobody needs it any more.
  const child = spawn(binary, args, { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-4_000);
  });
  try {
    return { process: child, port: await whenListening(child, ports, folder, () => explain(said, port)) };
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
}

async function whenListening(
  child: ChildProcess,
  ports: string,
  folder: string,
  why: () => string,
): Promise<number> {
  const failed = new Promise<never>((_, reject) => child.once('error', reject));
  const giveUpAt = Date.now() + readyWithinMs;
  while (Date.now() < giveUpAt) {
    if (child.exitCode !== null) throw new Error(why());
    const listening = await Promise.race([readPort(ports), failed]);
    if (listening !== undefined) {
      if (child.pid !== undefined) await writeFile(pidFile(folder), String(child.pid));
      return listening;
    }
    await systemClock.sleep(10);
  }
  throw new Error(`nats-server was not ready within ${readyWithinMs / 1_000} seconds. ${why()}`);
}

function explain(said: string, port: number): string {
  if (/address already in use/.test(said)) {
    return `Port ${port} is taken, so nats-server cannot start. Set NATS_PORT to a free port, or NATS_URL to the server that has it.`;
  }
  return `nats-server ended at once. ${said.trim()}`;
}

async function readPort(folder: string): Promise<number | undefined> {
  const [file] = await readdir(folder);
  if (file === undefined) return undefined;
  try {
    const listed = JSON.parse(await readFile(join(folder, file), 'utf8')) as { nats?: readonly string[] };
    const url = listed.nats?.[0];
    return url === undefined ? undefined : Number(new URL(url).port);
  } catch {
    return undefined;
  }
}

const pidFile = (folder: string): string => join(folder, 'nats-server.pid');

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
