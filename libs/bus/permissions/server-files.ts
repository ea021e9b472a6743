import { constants } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type KeyFileMode, readOrMakeNkey } from './nkey-files.ts';
import { renderKeysConf, renderServerConf, type ServerConfOptions } from './server-conf.ts';
import { type Role, roles } from './work.ts';

const shippedPublishers = join(import.meta.dirname, '..', '..', '..', 'nats', 'publishers.conf');

export type ServerFiles = ServerConfOptions & {
  /** Where the configuration goes. */
  readonly folder: string;
  readonly seedFile: (role: Role) => string;
  readonly mode: KeyFileMode;
  /** Publishers, copied over those that are there; without it the shipped file, where none is there. */
  readonly publishers?: string;
};

/** Writes all that a locked nats-server reads, keys included where there are none yet; resolves with the file to start it with. */
export async function writeServerFiles(options: ServerFiles): Promise<string> {
  const { folder, seedFile, mode, publishers } = options;
  await mkdir(folder, { recursive: true });
  const keys = await Promise.all(
    roles.map(async (role) => [role, await readOrMakeNkey(seedFile(role), mode)] as const),
  );
  await writeFile(
    join(folder, 'keys.conf'),
    renderKeysConf(Object.fromEntries(keys) as Record<Role, string>),
  );
  await copyFile(
    publishers ?? shippedPublishers,
    join(folder, 'publishers.conf'),
    publishers === undefined ? constants.COPYFILE_EXCL : 0,
  ).catch((error: unknown) => {
    const isThere = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    if (!isThere) throw error;
  });
  const file = join(folder, 'nats.conf');
  await writeFile(file, renderServerConf(options));
  return file;
}
