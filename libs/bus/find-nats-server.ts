import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/**
 * Where nats-server is: HEMOSTAT_NATS_SERVER, PATH, or the cache that `npm run setup` fills.
 * Throws an error with the remedy when there is none.
 */
export function findNatsServer(env: NodeJS.ProcessEnv): string {
  const named = env.HEMOSTAT_NATS_SERVER;
  if (named) {
    if (isUsable(named)) return named;
    throw new Error(
      `HEMOSTAT_NATS_SERVER=${named} is no nats-server of 2.9 or later. Correct it, or unset it to have one found.`,
    );
  }
  const cache = join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'hemostat', 'bin');
  const folders = [...(env.PATH ?? '').split(delimiter), cache].filter((folder) => folder !== '');
  const found = folders.map((folder) => join(folder, 'nats-server')).find(isUsable);
  if (found) return found;
  throw new Error(
    'nats-server was not found. Run "npm run setup", install nats-server 2.9 or later, or set NATS_URL to one that runs.',
  );
}

/** Major and minor version; `[0, 0]` of a program that does not say. */
export function natsServerVersion(file: string): readonly [major: number, minor: number] {
  const banner = execFileSync(file, ['--version'], { encoding: 'utf8' });
  const [, major = 0, minor = 0] = (/v?(\d+)\.(\d+)\./.exec(banner) ?? []).map(Number);
  return [major, minor];
}

export const isAtLeast = ([major, minor]: readonly [number, number], wanted: number): boolean =>
  major > 2 || (major === 2 && minor >= wanted);

function isUsable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return isAtLeast(natsServerVersion(file), 9);
  } catch {
    return false;
  }
}
