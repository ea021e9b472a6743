import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findNatsServer } from '#libs/bus/find-nats-server';
import { until } from './until.ts';

export interface NatsServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly dir: string;
  readonly pid: number | undefined;
  /** Ends it without warning: what it had not written to its files is lost. */
  kill9(): Promise<void>;
  stop(): Promise<void>;
  /** Starts it again with the same files on the same port, ending it first when it runs. */
  restart(): Promise<void>;
}

export type NatsServerOptions = {
  /** Kept when given; else a temporary folder that goes with the server. */
  readonly dir?: string;
  readonly port?: number;
  /** 127.0.0.1 unless given. */
  readonly host?: string;
  /** Makes the command line that runs another one somewhere else, as in a room of a network. */
  readonly enter?: (argv: readonly string[]) => readonly string[];
  /** Lines for its configuration file. */
  readonly configLines?: readonly string[];
};

/** How these servers write to the disk, unless told otherwise: what figures that were measured on them are worth. */
export const durability = 'file storage, fsync every 2 min (the default)';

/** A real nats-server with JetStream on 127.0.0.1, on a free port unless one is given. */
export async function startNatsServer(options: NatsServerOptions = {}): Promise<NatsServer> {
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'hemostat-nats-')));
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, 'nats.conf'), (options.configLines ?? []).join('\n'));
  const { host = '127.0.0.1', enter = (argv) => argv } = options;
  const start = (wanted: number) => launch({ dir, host, enter, wantedPort: wanted });
  let { server, port } = await start(options.port ?? -1);
  const stop = () => end(server, 'SIGTERM');
  return {
    dir,
    port,
    url: `nats://${host}:${port}`,
    get pid() {
      return server.pid;
    },
    kill9: () => end(server, 'SIGKILL'),
    stop,
    async restart() {
      await stop();
      ({ server, port } = await start(port));
    },
    async [Symbol.asyncDispose]() {
      await stop();
      if (options.dir === undefined) await rm(dir, { recursive: true, force: true });
    },
  };
}

type Launch = Required<Pick<NatsServerOptions, 'dir' | 'host' | 'enter'>> & { readonly wantedPort: number };

async function launch({ dir, host, enter, wantedPort }: Launch) {
  const portsFolder = join(dir, 'ports');
  await rm(portsFolder, { recursive: true, force: true });
  await mkdir(portsFolder);
  const flags = [
    ...['-js', '-a', host, '-p', String(wantedPort), '-sd', dir],
    ...['--ports_file_dir', portsFolder, '-c', join(dir, 'nats.conf')],
  ];
  const logFile = join(dir, 'nats-server.log');
  const log = openSync(logFile, 'a');
  const [program = '', ...args] = enter([findNatsServer(process.env), ...flags]);
  const server = spawn(program, args, { stdio: ['ignore', log, log] });
  closeSync(log);
  endWithThisProcess(server);
  const port = await until('nats-server says which port it has', async () => {
    if (hasEnded(server))
      throw new Error(`nats-server ended: ${(await readFile(logFile, 'utf8')).slice(-2_000)}`);
    return portIn(portsFolder);
  });
  return { server, port };
}

async function portIn(folder: string): Promise<number | undefined> {
  const [file] = await readdir(folder);
  const text = file === undefined ? '' : await readFile(join(folder, file), 'utf8');
  const [, port] = /(?:nats|tls):\/\/[\d.]+:(\d+)"/.exec(text) ?? [];
  return port === undefined ? undefined : Number(port);
}

async function end(server: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (hasEnded(server)) return;
  const ended = once(server, 'exit');
  server.kill(signal);
  await ended;
}

function hasEnded(server: ChildProcess): boolean {
  return server.exitCode !== null || server.signalCode !== null;
}

function endWithThisProcess(server: ChildProcess): void {
  const kill = () => server.kill('SIGKILL');
  process.once('exit', kill);
  server.once('exit', () => process.off('exit', kill));
}
