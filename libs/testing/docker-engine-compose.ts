import { access } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

export interface Compose {
  /** The program; its arguments are those of `docker compose`. */
  readonly program: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Docker Compose as the set-up left it; undefined where it could not be had. */
export async function findCompose(): Promise<Compose | undefined> {
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'hemostat');
  const config = join(cache, 'docker-config');
  const program = join(config, 'cli-plugins', 'docker-compose');
  // The older builder works without a registry and without further plugins.
  const env = { DOCKER_CONFIG: config, DOCKER_BUILDKIT: '0' };
  return access(program).then(
    () => ({ program, env }),
    () => undefined,
  );
}
