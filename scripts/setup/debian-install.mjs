import { outcomeOf, outputOf } from './command.mjs';
import { once } from './once.mjs';
import { say } from './say.mjs';

const aptGet = ['-q', '-y', '-o', 'DPkg::Lock::Timeout=300'];
const quietly = { env: { DEBIAN_FRONTEND: 'noninteractive' } };

/** Installs packages of this Debian release, as root, without what they merely recommend. */
export async function installFromDebian(packages) {
  await packageLists();
  const install = ['install', '--no-install-recommends', ...packages];
  say(`installing Debian's ${packages.join(', ')}`);
  const first = await outcomeOf('apt-get', [...aptGet, ...install], quietly);
  if (first.code === 0) return;
  // Lists that are older than the archive name files that are gone.
  await updateLists();
  await outputOf('apt-get', [...aptGet, ...install], quietly);
}

/** Makes sure that apt knows its archive at all: a fresh machine's lists are empty. */
export const packageLists = once(async () => {
  const { output } = await outcomeOf('apt-get', ['indextargets', 'Created-By: Packages']);
  if (output.trim() === '') await updateLists();
});

async function updateLists() {
  say("updating apt's package lists");
  await outputOf('apt-get', [...aptGet, 'update']);
}

/** Whether apt can install a package of this name. */
export async function isInArchive(name) {
  await packageLists();
  const { code } = await outcomeOf('apt-cache', ['show', '--no-all-versions', name]);
  return code === 0;
}
