import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const projectFolder = fileURLToPath(new URL('../..', import.meta.url));
export const cacheFolder = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'hemostat');

/** Programs that set-up got stand here under their plain names; the mesh and the tests look here, too. */
export const cachedProgram = (name) => join(cacheFolder, 'bin', name);

export const unpackedFolder = join(cacheFolder, 'unpacked');
export const builtFolder = join(cacheFolder, 'built');

/** For `docker compose`: DOCKER_CONFIG is the folder two levels up. */
export const composePlugin = join(cacheFolder, 'docker-config', 'cli-plugins', 'docker-compose');

export const foldersWithMadeThings = [
  dirname(cachedProgram('any')),
  unpackedFolder,
  builtFolder,
  dirname(composePlugin),
];
