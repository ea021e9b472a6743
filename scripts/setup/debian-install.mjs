import { aptGet, mustAptGet } from './apt.mjs';
import { outcomeOf } from './command.mjs';
import { once } from './once.mjs';
import { say } from './say.mjs';

/** Installs packages of this Debian release, as root, without what they merely recommend. */
export async function installFromDebian(packages) {
  await packageLists();
  const install = ['install', '--no-install-recommends', ...packages];
  say(`installing Debian's ${packages.join(', ')}`);
  const first = await aptGet(install);
  if (first.code === 0) return;
  // Lists that are older than the archive name files that are gone.
  await updateLists();
  await mustAptGet(install);
}

/** Makes sure that apt knows its archive at all: a fresh machine's lists are empty. */
export const packageLists = once(async () => {
  const { output } = await aptGet(['indextargets', 'Created-By: Packages']);
  if (output.trim() === '') await updateLists();
});

async function updateLists() {
  say("updating apt's package lists");
  await mustAptGet(['update']);
}

/** Whether apt can install a package of this name. */
export async function isInArchive(name) {
  await packageLists();
  const { code } = await outcomeOf('apt-cache', ['show', '--no-all-versions', name]);
  return code === 0;
}
