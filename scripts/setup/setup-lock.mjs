import { join } from 'node:path';
import { removeHalfMade } from './atomically.mjs';
import { withLockFolder } from './lock-folder.mjs';
import { cacheFolder, foldersWithMadeThings } from './places.mjs';
import { say } from './say.mjs';

/** One set-up at a time for everything that shares this cache: a second one waits, then finds all there. */
export async function withSetupLock(work) {
  const waiting = (holder) => say(`waiting for another set-up (process ${holder}) to end`);
  return withLockFolder(join(cacheFolder, 'setup.lock'), waiting, async () => {
    await Promise.all(foldersWithMadeThings.map(removeHalfMade));
    return work();
  });
}
