import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('./docker-engine-ground.sh', import.meta.url));
const cgroupVariable = 'HEMOSTAT_TEST_CGROUP';

export const groundPrefix = 'hemostat-test-';

/** Namespaces of their own on this machine; they end with this process, however it ends. */
export interface Ground extends AsyncDisposable {
  readonly folder: string;
  readonly cgroup: string;
  /** For what runs in here: temporary files that go with the ground. */
  readonly env: Readonly<Record<string, string>>;
  /** The command line that runs `argv` inside, in this process's working folder. */
  enter(argv: readonly string[]): { readonly program: string; readonly args: readonly string[] };
}

export async function openGround(): Promise<Ground> {
  const folder = await mkdtemp(join(tmpdir(), groundPrefix));
  await mkdir(join(folder, 'tmp'));
  const outer = process.env[cgroupVariable];
  const cgroup = outer === undefined ? basename(folder) : `${outer}/${basename(folder)}`;
  const holder = spawn('bash', [script, folder, cgroup], {
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const ended = once(holder, 'close');
  let complaint = '';
  holder.stderr.on('data', (bytes) => {
    complaint += String(bytes);
  });
  const keeper = await Promise.race([
    once(createInterface(holder.stdout), 'line').then(([line]) => Number(line)),
    ended.then(() => undefined),
  ]);
  if (keeper === undefined) throw new Error(`cannot make namespaces here: ${complaint.trim()}`);
  return {
    folder,
    cgroup,
    env: { TMPDIR: join(folder, 'tmp'), [cgroupVariable]: cgroup },
    enter: (argv) => ({
      program: 'nsenter',
      args: [
        `--target=${keeper}`,
        '--root',
        '--mount',
        '--net',
        '--pid',
        '--',
        ...inFolder(process.cwd(), argv),
      ],
    }),
    async [Symbol.asyncDispose]() {
      holder.stdin.end();
      await ended;
    },
  };
}

// Entering a mount namespace leaves the working folder behind.
function inFolder(folder: string, argv: readonly string[]): readonly string[] {
  return ['sh', '-c', 'cd "$0" && exec "$@"', folder, ...argv];
}
