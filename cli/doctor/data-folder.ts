import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Check, ok, trouble } from './check.ts';

export const dataFolder: Check = {
  name: 'data folder',
  look({ env }) {
    const folder = resolve(env.HEMOSTAT_DATA_DIR || '.hemostat');
    const there = nearestThere(folder);
    const remedy = 'make it a folder that this user may write, or set HEMOSTAT_DATA_DIR to another';
    if (!statSync(there).isDirectory()) return trouble(`${there} is no folder`, remedy);
    try {
      accessSync(there, constants.W_OK | constants.X_OK);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : 'no reason is known';
      return trouble(`${there} may not be written (${code})`, remedy);
    }
    return ok(there === folder ? `${folder} may be written` : `${folder} can be made`);
  },
};

function nearestThere(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : nearestThere(dirname(folder));
}
