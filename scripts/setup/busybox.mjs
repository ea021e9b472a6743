import { join } from 'node:path';
import { pointLink } from './atomically.mjs';
import { isThere as exists, onPath, outcomeOf } from './command.mjs';
import { unpackFromDebian } from './debian-archive.mjs';
import { hasApt, isLinux } from './machine.mjs';
import { cachedProgram } from './places.mjs';
import { Problem } from './problem.mjs';
import { say } from './say.mjs';

/** A static busybox: the whole user land of the images that the tests make. */
export const busybox = { name: 'busybox', targets: ['test', 'bench'], isThere, fetch };

async function isThere() {
  return !isLinux || (await exists(cachedProgram('busybox'))) || isStatic(await onPath('busybox'));
}

async function fetch() {
  if (!(await hasApt()))
    throw new Problem('there is no static busybox', 'install the package busybox-static');
  say("unpacking busybox from Debian's archive");
  const unpacked = await unpackFromDebian('busybox-static');
  // /bin before the merge of /usr, /usr/bin after it.
  const inUsr = join(unpacked, 'usr/bin/busybox');
  await pointLink(cachedProgram('busybox'), (await exists(inUsr)) ? inUsr : join(unpacked, 'bin/busybox'));
}

async function isStatic(program) {
  if (!program) return false;
  const { code } = await outcomeOf('ldd', [program]);
  return code !== 0;
}
