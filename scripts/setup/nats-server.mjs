import { join } from 'node:path';
import { pointLink } from './atomically.mjs';
import { onPath, outcomeOf } from './command.mjs';
import { unpackFromDebian } from './debian-archive.mjs';
import { goInstall, hasGo } from './go-install.mjs';
import { hasApt } from './machine.mjs';
import { cachedProgram } from './places.mjs';
import { Problem } from './problem.mjs';
import { say } from './say.mjs';
import { isAtLeast, versionIn } from './versions.mjs';

const oldest = [2, 9];
const pinned = 'v2.12.15';

export const natsServer = {
  name: 'nats-server',
  targets: ['start', 'demo', 'test', 'bench'],
  isThere,
  fetch,
};

async function isThere() {
  const named = process.env.HEMOSTAT_NATS_SERVER;
  if (named) return isNewEnough(named);
  return (await isNewEnough(cachedProgram('nats-server'))) || isNewEnough(await onPath('nats-server'));
}

async function fetch() {
  if (process.env.HEMOSTAT_NATS_SERVER) {
    const named = process.env.HEMOSTAT_NATS_SERVER;
    throw new Problem(
      `HEMOSTAT_NATS_SERVER names ${named}, which is no nats-server 2.9 or newer`,
      'unset it',
    );
  }
  if (await hasApt()) {
    say("unpacking nats-server from Debian's archive");
    const unpacked = await unpackFromDebian('nats-server');
    await pointLink(cachedProgram('nats-server'), join(unpacked, 'usr/sbin/nats-server'));
    if (await isThere()) return;
  }
  if (await hasGo()) {
    say(`building nats-server ${pinned} with Go`);
    await goInstall('github.com/nats-io/nats-server/v2', pinned, 'nats-server');
    if (await isThere()) return;
  }
  throw new Problem(
    'there is no nats-server 2.9 or newer on this machine, and no way to get one on its own',
    'install nats-server so that it is on PATH (a package of your system, or a release of the NATS project)',
    'or install a Go toolchain and run this again',
    'or set HEMOSTAT_NATS_SERVER to the program, or NATS_URL to a server that runs (for `npm start`)',
  );
}

async function isNewEnough(program) {
  if (!program) return false;
  const { code, output } = await outcomeOf(program, ['--version']);
  return code === 0 && isAtLeast(versionIn(output), oldest);
}
