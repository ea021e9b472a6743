import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { aptGet } from './apt.mjs';
import { makeFolder } from './atomically.mjs';
import { isThere, outputOf } from './command.mjs';
import { packageLists } from './debian-install.mjs';
import { isDebian } from './machine.mjs';
import { once } from './once.mjs';
import { unpackedFolder } from './places.mjs';
import { Problem } from './problem.mjs';

// A stable release: what it holds stays the same. Rolling suites (testing, unstable) would change under us.
const newestStableSuite = 'trixie';
const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
// Otherwise apt downloads as a user of its own, who cannot write into a folder of ours.
const inFoldersOfRoot = ['-o', 'APT::Sandbox::User=root'];

/**
 * Downloads a package and unpacks it into the cache, installing nothing; gives the folder. `fits`: of this machine's own
 * suite, for what needs its libraries.
 */
export async function unpackFromDebian(name, { fits = false } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'hemostat-setup-'));
  try {
    const file = await download(name, folder, fits);
    const unpacked = join(unpackedFolder, file.replace(/\.deb$/, ''));
    await makeFolder(unpacked, (target) => outputOf('dpkg-deb', ['-x', join(folder, file), target]));
    return unpacked;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function download(name, folder, fits) {
  if (fits) await packageLists();
  const newer = fits ? undefined : await newestStable();
  for (const settings of newer ? [newer, []] : [[]]) {
    const { code } = await aptGet([...inFoldersOfRoot, ...settings, 'download', name], { cwd: folder });
    const file = (await readdir(folder)).find((entry) => entry.endsWith('.deb'));
    if (code === 0 && file) return file;
  }
  throw new Problem(
    `Debian's archive does not give ${name}`,
    'is the archive reachable? try `apt-get update`',
  );
}

/** apt's settings for the newest stable suite with lists of its own; undefined where it cannot be had. */
const newestStable = once(async () => {
  await packageLists();
  const mirror = isDebian() ? await mirrorOfThisMachine() : undefined;
  if (!mirror) return undefined;
  const folder = await mkdtemp(join(tmpdir(), 'hemostat-setup-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const settings = await aptSettingsIn(folder, mirror);
  const { code } = await aptGet([...inFoldersOfRoot, ...settings, 'update']);
  return code === 0 ? settings : undefined;
});

async function mirrorOfThisMachine() {
  const format = '$(ORIGIN)|$(LABEL)|$(REPO_URI)';
  const { output } = await aptGet(['indextargets', '--format', format, 'Created-By: Packages']);
  return output
    .split('\n')
    .map((line) => line.split('|'))
    .find(([origin, label]) => origin === 'Debian' && label === 'Debian')?.[2];
}

async function aptSettingsIn(folder, mirror) {
  await mkdir(join(folder, 'lists', 'partial'), { recursive: true });
  await mkdir(join(folder, 'archives', 'partial'), { recursive: true });
  const signedBy = (await isThere(keyring)) ? `[signed-by=${keyring}] ` : '';
  await writeFile(join(folder, 'sources.list'), `deb ${signedBy}${mirror} ${newestStableSuite} main\n`);
  const values = {
    'Acquire::Languages': 'none',
    'Dir::Etc::sourcelist': join(folder, 'sources.list'),
    'Dir::Etc::sourceparts': '-',
    'Dir::State::Lists': join(folder, 'lists'),
    'Dir::Cache::Archives': join(folder, 'archives'),
    'Dir::Cache::pkgcache': '',
    'Dir::Cache::srcpkgcache': '',
  };
  return Object.entries(values).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
}
