/**
 * Guarantee: what stands in the files is never appended again, and what a crash left half-written is taken away
 * before the chain goes on. Nothing that the head in NATS has confirmed is ever cut; where it and the files
 * contradict each other both are kept, and the contradiction is reported. What a replica wrote that was overtaken
 * goes, unless it continues the chain.
 */
import { ftruncateSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import type { AuditHead } from '#libs/contracts/audit-head';
import type { AuditRecord } from '#libs/contracts/audit-record';
import { streams } from '#libs/contracts/subjects';
import { treeOf } from '../chain/head-store.ts';
import { nowhere, place } from '../chain/positions.ts';
import { genesis, type Link, readLine, whyNotAfter } from '../chain/seal.ts';
import { chainFiles } from '../file/chain-files.ts';
import { readLines } from '../file/read-lines.ts';
import { ChangedBySomebody, mustHold } from '../file/trouble.ts';
import { createFrontier, emptyTree, type Tree } from '../tree/frontier.ts';
import { leafHash } from '../tree/hashes.ts';
import { isSame, locate } from './locate.ts';

export type Recovered = {
  /** Where the chain goes on. */
  readonly head: Omit<AuditHead, 'owner'>;
  readonly fileSize: number;
  /** Records in the files that may be missing in the stream of the audit. */
  readonly uncopied: readonly AuditRecord[];
  /** Bytes of an append that a crash interrupted, or that another replica wrote after it was overtaken. */
  readonly cutBytes: number;
  readonly contradiction: Contradiction | undefined;
};

export type Contradiction = {
  readonly why: 'head_missing_in_nats' | 'records_missing_in_file' | 'file_differs_from_nats';
  readonly nats: Link | null;
  readonly file: Link | null;
};

const mostUncopied = 5_000;

/**
 * Finds where files and head meet, and makes the last file end with a whole record. Throws `ChangedBySomebody` when it
 * grew meanwhile, and `Overtaken`.
 */
export async function recover(
  path: string,
  stored: AuditHead | undefined,
  holds: () => boolean,
): Promise<Recovered> {
  const files = await filesWithLines(path);
  const last = files.at(-1);
  const known: Link = stored ?? genesis;
  const found = await readOn(files, stored, known);
  const lastSize = last === undefined ? 0 : await endWithWholeLine(last, found, holds);
  const { tail, positions, met } = found;
  const contradiction = contradictionOf(stored, tail, met);
  const ahead = tail !== undefined && tail.n > known.n;
  const link = met && tail ? tail : { n: ahead ? tail.n : known.n, hash: known.hash };
  const end = stored ? link : (tail ?? genesis);
  return {
    head: {
      n: end.n,
      hash: end.hash,
      oldest: stored?.oldest ?? found.oldest ?? { n: 1, prev: genesis.hash },
      copied: stored?.copied ?? { n: end.n, sequence: 0 },
      positions,
      ...(found.tree?.size === end.n && { tree: [...found.tree.hashes] }),
    },
    fileSize: last === path ? lastSize : 0,
    uncopied: found.uncopied,
    cutBytes: found.cutAt === undefined ? 0 : found.end - found.cutAt,
    contradiction,
  };
}

type ReadOn = {
  readonly tail: Link | undefined;
  /** Whether the record that the head names was found as it names it. */
  readonly met: boolean;
  readonly oldest: AuditHead['oldest'] | undefined;
  readonly positions: AuditHead['positions'];
  readonly uncopied: readonly AuditRecord[];
  /** That of the head, grown by what stands in the files behind it; without a head from record 1 on. */
  readonly tree: Tree | undefined;
  /** Where the last file leaves the chain. */
  readonly cutAt: number | undefined;
  /** How long the last file was when it was read. */
  readonly end: number;
};

async function readOn(files: readonly string[], stored: AuditHead | undefined, known: Link): Promise<ReadOn> {
  const from = await locate(files, stored);
  const positions: AuditHead['positions'] = { ...stored?.positions };
  const uncopied: AuditRecord[] = [];
  const tree = stored ? treeOf(stored) : emptyTree;
  const frontier = tree && createFrontier(tree);
  let oldest: AuditHead['oldest'] | undefined;
  let tail = from.link;
  let met = stored !== undefined && (known.n === 0 || isSame(tail, known));
  const done = (end: number, cutAt?: number): ReadOn => ({
    tail,
    met,
    oldest,
    positions,
    uncopied,
    tree: frontier?.tree(),
    cutAt,
    end,
  });
  let end = from.offset;

  for (const [at, file] of files.entries()) {
    if (at < from.file) continue;
    const isLast = at === files.length - 1;
    for await (const line of readLines(file, at === from.file ? from.offset : 0)) {
      end = line.end;
      const read = readLine(line.bytes);
      const unconfirmed = met && (tail?.n ?? 0) >= known.n;
      const why =
        'why' in read ? read.why : unconfirmed ? whyNotAfter(tail ?? known, read.record) : undefined;
      if (why !== undefined && isLast && (unconfirmed || !line.complete)) {
        return done((await stat(file)).size, line.offset);
      }
      if ('why' in read) continue;
      const { record } = read;
      // Such a repeat stands in a full file when its writer had paused since before it was full.
      if (why !== undefined && record.n <= (tail?.n ?? 0) + 1) continue;
      tail = { n: record.n, hash: record.hash };
      if (frontier && record.n === frontier.size + 1) frontier.push(leafHash(line.bytes));
      oldest ??= { n: record.n, prev: record.prev };
      met ||= stored !== undefined && isSame(tail, known);
      if (stored === undefined || record.n > known.n) note(positions, record);
      if (stored && record.n > stored.copied.n && uncopied.length < mostUncopied) uncopied.push(record);
    }
  }
  return done(end);
}

function note(positions: AuditHead['positions'], record: AuditRecord): void {
  // The notes of the audit itself stand in no stream before.
  if (record.stream === streams.audit) return;
  const before = positions[record.stream] ?? nowhere;
  positions[record.stream] = place(before, record.sequence, record.timestamp).position;
}

function contradictionOf(
  stored: AuditHead | undefined,
  tail: Link | undefined,
  met: boolean,
): Contradiction | undefined {
  const file = tail ?? null;
  if (stored === undefined)
    return tail === undefined ? undefined : { why: 'head_missing_in_nats', nats: null, file };
  if (met) return undefined;
  const nats = { n: stored.n, hash: stored.hash };
  const shorter = tail === undefined || tail.n < stored.n;
  return { why: shorter ? 'records_missing_in_file' : 'file_differs_from_nats', nats, file };
}

/** Makes the file end with the last line that was read and stays. Resolves with its size then. */
async function endWithWholeLine(path: string, { cutAt, end }: ReadOn, holds: () => boolean): Promise<number> {
  await using file = await open(path, 'r+');
  const { size } = await file.stat();
  if (size < end || (cutAt === undefined && size > end)) throw new ChangedBySomebody();
  if (cutAt !== undefined) {
    // At once, without a thread between: what is cut off too late does not come back.
    mustHold(holds);
    ftruncateSync(file.fd, cutAt);
    await file.sync();
    return cutAt;
  }
  const last = Buffer.alloc(1, '\n');
  if (end > 0) await file.read(last, 0, 1, end - 1);
  if (last.toString() === '\n') return end;
  mustHold(holds);
  await file.write('\n', end);
  await file.sync();
  return end + 1;
}

/** Of the chain's files, those that hold anything: the current one may have just begun. */
async function filesWithLines(path: string): Promise<readonly string[]> {
  const files = await chainFiles(path);
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
  return files.filter((_, at) => sizes[at] !== 0);
}
