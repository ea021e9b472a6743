import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findNatsServer, isAtLeast, natsServerVersion } from '#libs/bus/find-nats-server';
import { forOwner } from '#libs/bus/permissions/nkey-files';
import { writeServerFiles } from '#libs/bus/permissions/server-files';
import type { Role } from '#libs/bus/permissions/work';
import { type NatsServer, startNatsServer } from './nats-server.ts';

/** A real nats-server that lets in who has a key, with the configuration that the project ships. */
export type LockedNats = AsyncDisposable & {
  readonly server: NatsServer;
  readonly keyFile: (role: Role) => string;
};

export type LockedNatsOptions = {
  /** Lines for \`users\` of the account of publishers. */
  readonly publishers?: readonly string[];
};

export async function startLockedNats({ publishers }: LockedNatsOptions = {}): Promise<LockedNats> {
  await using stack = new AsyncDisposableStack();
  const dir = await mkdtemp(join(tmpdir(), 'hemostat-locked-'));
  stack.defer(() => rm(dir, { recursive: true, force: true }));
  const keyFile = (role: Role): string => join(dir, 'keys', `${role}.nk`);
  const publishersFile = join(dir, 'publishers.conf');
  await writeFile(publishersFile, `users = [\n${(publishers ?? []).join('\n')}\n]\n`);
  await writeServerFiles({
    folder: join(dir, 'locked'),
    engines: ['local'],
    syncs: isAtLeast(natsServerVersion(findNatsServer(process.env)), 10),
    seedFile: keyFile,
    mode: forOwner,
    publishers: publishersFile,
  });
  const server = stack.use(await startNatsServer({ dir, configLines: ['include "locked/nats.conf"'] }));
  const owned = stack.move();
  return { server, keyFile, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
