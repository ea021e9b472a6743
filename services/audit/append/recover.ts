/**
 * Guarantee: what stands in the files is never appended again, and what a crash left half-written is taken away
 * before the chain goes on. Nothing that the head in NATS has confirmed is ever cut; where it and the files
 * contradict each other both are kept, and the contradiction is reported.
 */
import { open } from 'node:fs/promises';
import type { AuditHead } from '#libs/contracts/audit-head';
import type { AuditRecord } from '#libs/contracts/audit-record';
import { streams } from '#libs/contracts/subjects';
import { nowhere, place } from '../chain/positions.ts';
import { genesis, type Link, readLine, whyNotAfter } from '../chain/seal.ts';
import { chainFiles } from '../file/chain-files.ts';
import { readLines, readLinesBackwards } from '../file/read-lines.ts';

export type Recovered = {
  /** Where the chain goes on. */
  readonly head: Omit<AuditHead, 'owner'>;
  readonly fileSize: number;
  /** Records in the files that may be missing in the stream of the audit. */
  readonly uncopied: readonly AuditRecord[];
  /** Bytes of an append that a crash interrupted. */
  readonly cutBytes: number;
  readonly contradiction: Contradiction | undefined;
};

export type Contradiction = {
  readonly why: 'head_missing_in_nats' | 'records_missing_in_file' | 'file_differs_from_nats';
  readonly nats: Link | null;
  readonly file: Link | null;
};

const mostUncopied = 5_000;

/** Finds where files and head meet, and makes the current file end with a whole record. */
export async function recover(path: string, stored: AuditHead | undefined): Promise<Recovered> {
  const files = await chainFiles(path);
  const known: Link = stored ?? genesis;
  const found = await readOn(files, stored, known);
  const fileSize = files.includes(path) ? await endWithWholeLine(path, found.cutAt) : 0;
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
    },
    fileSize,
    uncopied: found.uncopied,
    cutBytes: found.cutAt === undefined ? 0 : found.cutBytes,
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
  readonly cutAt: number | undefined;
  readonly cutBytes: number;
};

async function readOn(files: readonly string[], stored: AuditHead | undefined, known: Link): Promise<ReadOn> {
  const from = await locate(files, stored);
  const positions: AuditHead['positions'] = { ...stored?.positions };
  const uncopied: AuditRecord[] = [];
  let oldest: AuditHead['oldest'] | undefined;
  let tail = from.link;
  let met = stored !== undefined && (known.n === 0 || isSame(tail, known));
  const done = (cutAt?: number, cutBytes = 0): ReadOn => ({
    tail,
    met,
    oldest,
    positions,
    uncopied,
    cutAt,
    cutBytes,
  });

  for (const [at, file] of files.entries()) {
    if (at < from.file) continue;
    const isLast = at === files.length - 1;
    for await (const line of readLines(file, at === from.file ? from.offset : 0)) {
      const read = readLine(line.bytes);
      const unconfirmed = met && (tail?.n ?? 0) >= known.n;
      const why =
        'why' in read ? read.why : unconfirmed ? whyNotAfter(tail ?? known, read.record) : undefined;
      if (why !== undefined && isLast && (unconfirmed || !line.complete)) {
        return done(line.offset, (await sizeOf(file)) - line.offset);
      }
      if ('why' in read) continue;
      const { record } = read;
      tail = { n: record.n, hash: record.hash };
      oldest ??= { n: record.n, prev: record.prev };
      met ||= stored !== undefined && isSame(tail, known);
      if (stored === undefined || record.n > known.n) note(positions, record);
      if (stored && record.n > stored.copied.n && uncopied.length < mostUncopied) uncopied.push(record);
    }
  }
  return done();
}

type Start = { readonly file: number; readonly offset: number; readonly link: Link | undefined };

const beginning: Start = { file: 0, offset: 0, link: undefined };

/**
 * The place right after the last record that is surely copied, below the record that the head names. When that is
 * nowhere, the place after the last record that could be.
 */
async function locate(files: readonly string[], stored: AuditHead | undefined): Promise<Start> {
  if (!stored || stored.n === 0) return beginning;
  const from = Math.min(stored.copied.n, stored.n);
  let fallback: Start | undefined;
  let met = false;
  for (const [file, path] of [...files.entries()].reverse()) {
    for await (const line of readLinesBackwards(path)) {
      const read = readLine(line.bytes);
      if ('why' in read) continue;
      const { n, hash } = read.record;
      met ||= isSame(read.record, stored);
      const start = { file, offset: line.end, link: { n, hash } };
      if (n <= from) fallback ??= start;
      if (met && n <= from) return start;
    }
  }
  return met ? beginning : (fallback ?? beginning);
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

function isSame(a: Link | undefined, b: Link): boolean {
  return a?.n === b.n && a.hash === b.hash;
}

async function endWithWholeLine(path: string, cutAt: number | undefined): Promise<number> {
  await using file = await open(path, 'r+');
  const { size } = await file.stat();
  if (cutAt !== undefined) {
    await file.truncate(cutAt);
    await file.sync();
    return cutAt;
  }
  const last = Buffer.alloc(1, '\n');
  if (size > 0) await file.read(last, 0, 1, size - 1);
  if (last.toString() === '\n') return size;
  await file.write('\n', size);
  await file.sync();
  return size + 1;
}

async function sizeOf(path: string): Promise<number> {
  await using file = await open(path);
  return (await file.stat()).size;
}
