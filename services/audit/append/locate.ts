import type { AuditHead } from '#libs/contracts/audit-head';
import { type Link, readLine } from '../chain/seal.ts';
import { readLinesBackwards } from '../file/read-lines.ts';
import { mostItems } from './queue.ts';

/** Where to read on: right after the record `link`. `file` is an index. */
type Place = { readonly file: number; readonly offset: number; readonly link: Link | undefined };
/** `met`: whether the record that the head names stands in the files. */
export type Start = Place & { readonly met: boolean };

const beginning: Place = { file: 0, offset: 0, link: undefined };

/**
 * A process that paused may have written its last batch once more on waking, and the record that the head names may
 * be in it. The first of the two counts. Room for the batches of a few such processes.
 */
export const farthestRepeat = 4 * mostItems;

/**
 * The place right after the last record that is surely copied, below the record that the head names. When that is
 * nowhere, the place after the last record that could be.
 */
export async function locate(files: readonly string[], stored: AuditHead | undefined): Promise<Start> {
  if (!stored || stored.n === 0) return { ...beginning, met: stored !== undefined };
  const from = Math.min(stored.copied.n, stored.n);
  let fallback: Place | undefined;
  let start: Place | undefined;
  let met = false;
  let linesSince = 0;
  for (const [file, path] of [...files.entries()].reverse()) {
    for await (const line of readLinesBackwards(path)) {
      linesSince += 1;
      const read = readLine(line.bytes);
      if ('why' in read) continue;
      const { n, hash } = read.record;
      if (isSame(read.record, stored)) {
        met = true;
        start = undefined;
        linesSince = 0;
      }
      if (n <= from) {
        const here = { file, offset: line.end, link: { n, hash } };
        fallback ??= here;
        if (met) start ??= here;
      }
      if (start && linesSince >= farthestRepeat) return { ...start, met };
    }
  }
  return { ...(start ?? (met ? beginning : (fallback ?? beginning))), met };
}

export function isSame(a: Link | undefined, b: Link): boolean {
  return a?.n === b.n && a.hash === b.hash;
}
