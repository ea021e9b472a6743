import { execFile } from 'node:child_process';
import { readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { groundPrefix } from './docker-engine-ground.ts';

const execute = promisify(execFile);
const justMadeMs = 10_000;

/** Removes the folders and cgroups of grounds whose holder was killed; nothing else of them can be left. */
export async function sweepGrounds(): Promise<void> {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(groundPrefix));
  for (const name of names) {
    const folder = join(tmpdir(), name);
    if (!(await isAbandoned(folder))) continue;
    const cgroups = [
      '/sys/fs/cgroup',
      '-depth',
      '-type',
      'd',
      '-path',
      `*/${name}*`,
      '-exec',
      'rmdir',
      '{}',
      '+',
    ];
    await execute('find', cgroups).catch(() => {});
    await rm(folder, { recursive: true, force: true });
  }
}

// The holder of a ground keeps its lock for as long as it lives.
async function isAbandoned(folder: string): Promise<boolean> {
  const lock = join(folder, 'lock');
  const made = await stat(lock).catch(() => undefined);
  if (made === undefined || Date.now() - made.mtimeMs < justMadeMs) return false;
  return execute('flock', ['--nonblock', lock, 'true']).then(
    () => true,
    () => false,
  );
}
