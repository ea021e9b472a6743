import type { AuditHead } from '#libs/contracts/audit-head';
import { treeOf } from '../chain/head-store.ts';
import { allLeaves } from '../file/leaves.ts';
import { createFrontier, type Tree } from '../tree/frontier.ts';

/**
 * The tree over all records up to a head that knows none: from the files and, for files that were removed, from the
 * hashes that were written down. Reads the whole audit. Undefined when a part of it is lost.
 */
export async function findTree(path: string, head: Pick<AuditHead, 'n' | 'tree'>): Promise<Tree | undefined> {
  const known = treeOf(head);
  if (known) return known;
  const frontier = createFrontier();
  for await (const leaf of allLeaves(path)) {
    frontier.push(leaf);
    if (frontier.size === head.n) return frontier.tree();
  }
  return undefined;
}
