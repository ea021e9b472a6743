import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '#libs/runtime/clock';

export type Launched = { readonly process: ChildProcess; readonly port: number };

const readyWithinMs = 10_000;

/** Where the number of the server's process stands while it runs. */
export const pidFile = (folder: string): string => join(folder, 'nats-server.pid');

/** Starts a nats-server on loopback that stores in `folder`; resolves once it listens. Throws with cause and remedy when it does not. */
export async function launch(binary: string, conf: string, folder: string, port: number): Promise<Launched> {
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
    return {
      process: child,
      port: await whenListening(child, ports, folder, () =>
        explain(said, port, join(folder, 'publishers.conf')),
      ),
    };
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

function explain(said: string, port: number, publishers: string): string {
  if (/address already in use/.test(said)) {
    return `Port ${port} is taken, so nats-server cannot start. Set NATS_PORT to a free port, or NATS_URL to the server that has it.`;
  }
  if (/publishers\.conf/.test(said)) {
    return `nats-server cannot read ${publishers}. Correct it, or remove it to have an empty one made at the next start. ${said.trim()}`;
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
