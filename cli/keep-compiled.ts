import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Compiling is most of the time until something runs; where the folder cannot be written it goes without. Call it before other imports. */
export function keepCompiled(env: NodeJS.ProcessEnv): void {
  const cache = env.XDG_CACHE_HOME || join(homedir(), '.cache');
  enableCompileCache(join(cache, 'hemostat', 'compiled'));
}
