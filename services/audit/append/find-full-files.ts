/**
 * Guarantee: only what is proved not to belong to the chain is said to be too much, so nothing that the head has
 * confirmed is ever cut off a full file.
 */
import { stat } from 'node:fs/promises';
import { type Link, readLine, whyNotAfter } from '../chain/seal.ts';
import { chainFiles } from '../file/chain-files.ts';
import { firstRecord } from '../file/first-record.ts';
import { type FullFile, mostWatched } from '../file/full-files.ts';
import { readLines, readLinesBackwards } from '../file/read-lines.ts';
import { farthestRepeat, isSame } from './locate.ts';

/** The newest full files beside the current one, which ends with `head`. Each belongs up to where the next one begins. */
export async function findFullFiles(current: string, head: Link): Promise<readonly FullFile[]> {
  const files = await chainFiles(current);
  const full = files.filter((file) => file !== current).slice(-mostWatched);
  const found: FullFile[] = [];
  let next = { path: files.includes(current) ? current : undefined, end: head };
  for (const path of full.reverse()) {
    const first = next.path === undefined ? undefined : await firstRecord(next.path);
    const end = first ? { n: first.n - 1, hash: first.prev } : next.end;
    const { ino, size } = await stat(path);
    const belongs = await endOf(path, end);
    const isProved = belongs !== undefined && belongs < size && (await leadsTo(end, next));
    found.push({ path, ino, size: isProved ? belongs : size });
    next = { path, end };
  }
  return found;
}

/** Where a record ends that stands near the end of a file; of its repeats the first one counts. */
async function endOf(path: string, link: Link): Promise<number | undefined> {
  let end: number | undefined;
  let linesSince = 0;
  for await (const line of readLinesBackwards(path)) {
    linesSince += 1;
    if (linesSince > farthestRepeat) break;
    const read = readLine(line.bytes);
    if ('why' in read || !isSame(read.record, link)) continue;
    end = line.end;
    linesSince = 0;
  }
  return end;
}

/** Whether the file holds the chain without a break from right after `from` to `end`. */
async function leadsTo(
  from: Link,
  file: { readonly path: string | undefined; readonly end: Link },
): Promise<boolean> {
  let link = from;
  if (isSame(link, file.end)) return true;
  if (file.path === undefined) return false;
  for await (const line of readLines(file.path)) {
    const read = readLine(line.bytes);
    if ('why' in read || whyNotAfter(link, read.record) !== undefined) return false;
    link = { n: read.record.n, hash: read.record.hash };
    if (isSame(link, file.end)) return true;
  }
  return false;
}
