import { homedir } from 'node:os';
import { join } from 'node:path';
import { pointLink } from './atomically.mjs';
import { isThere as exists, outcomeOf } from './command.mjs';
import { unpackFromDebian } from './debian-archive.mjs';
import { hasApt } from './machine.mjs';
import { composePlugin } from './places.mjs';
import { Problem } from './problem.mjs';
import { say } from './say.mjs';
import { isAtLeast, versionIn } from './versions.mjs';

const oldest = [2, 20];
const inFolders = [
  join(homedir(), '.docker/cli-plugins'),
  '/usr/local/lib/docker/cli-plugins',
  '/usr/local/libexec/docker/cli-plugins',
  '/usr/lib/docker/cli-plugins',
  '/usr/libexec/docker/cli-plugins',
  '/opt/homebrew/lib/docker/cli-plugins',
];

/** For the test that brings docker-compose.yml up; without it that test is skipped. */
export const compose = {
  name: 'Docker Compose 2.20',
  targets: ['test', 'bench'],
  optional: true,
  isThere,
  fetch,
};

async function isThere() {
  return exists(composePlugin);
}

async function fetch() {
  for (const folder of inFolders) {
    const plugin = join(folder, 'docker-compose');
    if (await isNewEnough(plugin)) return pointLink(composePlugin, plugin);
  }
  if (!(await hasApt())) throw new Problem('it is not installed', 'install the Docker Compose plugin');
  say("unpacking Docker Compose from Debian's archive");
  const unpacked = await unpackFromDebian('docker-compose');
  const plugin = join(unpacked, 'usr/libexec/docker/cli-plugins/docker-compose');
  if (!(await isNewEnough(plugin))) throw new Problem("Debian's archive has only an older one here");
  await pointLink(composePlugin, plugin);
}

async function isNewEnough(plugin) {
  const { code, output } = await outcomeOf(plugin, ['version', '--short']);
  return code === 0 && isAtLeast(versionIn(output), oldest);
}
