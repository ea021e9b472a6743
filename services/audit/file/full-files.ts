/**
 * Guarantee: a file that is full stays as it is. What a process writes to it that paused since before it was full is
 * cut off again.
 */
import { ftruncateSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { mustHold } from './trouble.ts';

/** `size`: up to there it belongs to the chain. */
export type FullFile = { readonly path: string; readonly ino: number; readonly size: number };

/** Nobody sleeps while more of them become full. */
export const mostWatched = 4;

/** Makes each as long again as it belongs. Resolves with the number of bytes that were too many. */
export async function cutGrowth(files: readonly FullFile[], holds: () => boolean): Promise<number> {
  let cut = 0;
  for (const { path, ino, size } of files) {
    // Old ones are removed when enough newer ones are kept.
    const now = await stat(path).catch(() => undefined);
    if (now?.ino !== ino || now.size <= size) continue;
    await using file = await open(path, 'r+');
    mustHold(holds);
    ftruncateSync(file.fd, size);
    await file.sync();
    cut += now.size - size;
  }
  return cut;
}
