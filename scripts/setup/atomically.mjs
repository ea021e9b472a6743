import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';

// Guarantee: what stands under its own name is whole. Half-made things have another name, and the next
// set-up removes them (one set-up at a time, by the lock).
const halfMade = '.half-made-';
const halfMadeNameOf = (target) => `${target}${halfMade}${randomBytes(4).toString('hex')}`;

/** Makes the folder `target` by filling a temporary one and renaming it. */
export async function makeFolder(target, fill) {
  const temporary = halfMadeNameOf(target);
  await mkdir(temporary, { recursive: true });
  try {
    await fill(temporary);
    await rm(target, { recursive: true, force: true });
    await rename(temporary, target);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Points the link `link` at `target`, whatever it pointed at before. */
export async function pointLink(link, target) {
  await mkdir(dirname(link), { recursive: true });
  const temporary = halfMadeNameOf(link);
  await symlink(target, temporary);
  await rename(temporary, link);
}

/** Removes what an interrupted set-up left half-made directly in `folder`. */
export async function removeHalfMade(folder) {
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((entry) => entry.includes(halfMade))) {
    await rm(join(folder, name), { recursive: true, force: true });
  }
}
