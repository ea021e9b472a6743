import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** A program that the set-up got into its cache, or one on PATH. */
export async function findProgram(name: string): Promise<string | undefined> {
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'hemostat', 'bin');
  const path = (process.env.PATH ?? '').split(delimiter);
  for (const folder of [cache, ...path, '/usr/sbin', '/sbin']) {
    const candidate = join(folder, name);
    if (await isExecutable(candidate)) return candidate;
  }
  return undefined;
}

async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
