import { readLine } from '../chain/seal.ts';
import { chainFiles } from '../file/chain-files.ts';
import { allLeaves } from '../file/leaves.ts';
import { readLinesBackwards } from '../file/read-lines.ts';
import { createFrontier, emptyTree, rootOf, type Tree } from '../tree/frontier.ts';
import { leafHash } from '../tree/hashes.ts';
import { type Checkpoint, openCheckpoint } from './checkpoint.ts';
import type { Verifier } from './note.ts';
import type { StoredCheckpoint } from './store.ts';

export type Continued = { readonly size: number } | { readonly why: string };

/**
 * Whether the audit, of which `tree` is known, goes on from the last checkpoint. What lies between the two is read from
 * the files; where they lack it, the word of the head stands, and the chain has a record that says what was lost.
 */
export async function continues(
  last: StoredCheckpoint,
  tree: Tree,
  verifier: Verifier,
  path: string,
): Promise<Continued> {
  const signed = openCheckpoint(last.note, verifier);
  if (!signed) return { why: 'it is not signed with the key of this audit service' };
  const { size } = signed;
  if (size > tree.size) return { why: `it speaks of ${size} records, and the audit has ${tree.size}` };
  const between =
    last.tree && isOf(signed, last.tree) ? leavesBetween(path, size, tree.size) : allLeaves(path);
  const frontier = createFrontier(last.tree && isOf(signed, last.tree) ? last.tree : emptyTree);
  const differs = {
    why: `the audit has other records up to record ${tree.size} than those that it spoke of`,
  };
  for await (const leaf of between) {
    if (frontier.size === tree.size) break;
    frontier.push(leaf);
    if (frontier.size === size && !frontier.root().equals(signed.root)) return differs;
  }
  if (frontier.size < tree.size) return { size };
  return frontier.root().equals(rootOf(tree)) ? { size } : differs;
}

function isOf({ size, root }: Checkpoint, tree: Tree): boolean {
  return tree.size === size && rootOf(tree).equals(root);
}

/** The hashes of the records behind `from` up to `to`; stops where one is missing. Reads from the end. */
async function* leavesBetween(path: string, from: number, to: number): AsyncGenerator<Buffer> {
  const found = new Map<number, Buffer>();
  if (from < to) await collect(path, from, found);
  for (let n = from + 1; n <= to; n += 1) {
    const leaf = found.get(n);
    if (!leaf) return;
    yield leaf;
  }
}

async function collect(path: string, from: number, found: Map<number, Buffer>): Promise<void> {
  for (const file of (await chainFiles(path)).toReversed()) {
    for await (const { bytes } of readLinesBackwards(file)) {
      const read = readLine(bytes);
      if ('why' in read) continue;
      if (read.record.n <= from) return;
      // Of repeats the first counts, which is met last.
      found.set(read.record.n, leafHash(bytes));
    }
  }
}
