import { join } from 'node:path';
import { makeFolder, pointLink } from './atomically.mjs';
import { onPath, outputOf } from './command.mjs';
import { builtFolder, cachedProgram } from './places.mjs';

export const hasGo = async () => (await onPath('go')) !== undefined;

/** Builds one program at a pinned version with the machine's Go toolchain and links it into the cache. */
export async function goInstall(module, version, name) {
  const folder = join(builtFolder, `${name}_${version}`);
  await makeFolder(folder, (target) =>
    outputOf('go', ['install', `${module}@${version}`], { env: { GOBIN: target } }),
  );
  await pointLink(cachedProgram(name), join(folder, name));
}
