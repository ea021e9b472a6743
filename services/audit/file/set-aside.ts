/**
 * Guarantee: what is cut off here is on the disk in a file of its own before. A crash in between leaves both, and
 * nothing that was set aside is ever written over.
 */
import { randomUUID } from 'node:crypto';
import { createReadStream, rmSync, statSync, truncateSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ChangedBySomebody, mustHold } from './trouble.ts';

export type SetAside = { readonly path: string; readonly bytes: number };

/**
 * Cuts the files of the chain off from a byte of the first of them on; those behind it are left empty, or removed where
 * they have a number. `n` is the record that stands there. Throws `ChangedBySomebody` and `Overtaken`.
 */
export async function setAside(
  current: string,
  files: readonly string[],
  from: { readonly offset: number; readonly n: number },
  holds: () => boolean,
): Promise<SetAside> {
  const parts = files.map((file, at) => ({ file, start: at === 0 ? from.offset : 0 }));
  const path = `${current}.unknown-${from.n}-${randomUUID().slice(0, 8)}`;
  let bytes = 0;
  {
    await using aside = await open(path, 'wx', 0o600);
    for (const { file, start } of parts) {
      for await (const block of createReadStream(file, { start })) {
        await aside.appendFile(block);
        bytes += block.length;
      }
    }
    await aside.sync();
  }
  await syncFile(dirname(path));
  // From the last one on: whatever a crash leaves is a chain that goes on as it did.
  for (const { file, start } of parts.toReversed()) {
    if (statSync(file).size < start) throw new ChangedBySomebody();
    mustHold(holds);
    if (start === 0 && file !== current) rmSync(file);
    else {
      truncateSync(file, start);
      await syncFile(file);
    }
  }
  await syncFile(dirname(path));
  return { path, bytes };
}

async function syncFile(path: string): Promise<void> {
  await using file = await open(path);
  await file.sync();
}
