import { chmod, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pointLink } from './atomically.mjs';
import { isThere as exists, onPath, outcomeOf } from './command.mjs';
import { unpackFromDebian } from './debian-archive.mjs';
import { hasApt } from './machine.mjs';
import { cachedProgram } from './places.mjs';
import { Problem } from './problem.mjs';
import { say } from './say.mjs';

/** For the test of the bridge from Redis; without it that test is skipped. */
export const redis = { name: 'Redis', targets: ['test'], optional: true, isThere, fetch };

const program = cachedProgram('redis-server');
const packages = ['redis-tools', 'libjemalloc2', 'liblzf1', 'libatomic1'];

async function isThere() {
  return (await exists(program)) || Boolean(await onPath('redis-server'));
}

async function fetch() {
  if (!(await hasApt())) throw new Problem('it is not installed', 'install redis-server');
  say("unpacking Redis from Debian's archive");
  const unpacked = await Promise.all(packages.map((name) => unpackFromDebian(name, { fits: true })));
  const [architecture] = await readdir(join(unpacked[1], 'usr/lib'));
  const libraries = unpacked.map((folder) => join(folder, 'usr/lib', architecture));
  // One program of several names: what it is called decides what it does.
  const server = join(unpacked[0], 'usr/bin/redis-server');
  await pointLink(server, join(unpacked[0], 'usr/bin/redis-check-rdb'));
  const script = `#!/bin/sh\nLD_LIBRARY_PATH=${libraries.join(':')} exec ${server} "$@"\n`;
  await writeFile(`${server}.sh`, script);
  await chmod(`${server}.sh`, 0o755);
  const { code } = await outcomeOf(`${server}.sh`, ['--version']);
  if (code !== 0) throw new Problem("Debian's Redis does not run here", 'install redis-server');
  await pointLink(program, `${server}.sh`);
}
