import { basename } from 'node:path';
import type { z } from 'zod';
import type { AuditHead } from '#libs/contracts/audit-head';
import type { auditVerbs } from '#libs/contracts/rpc';
import type { Clock } from '#libs/runtime/clock';
import { genesis, type Link, readLine, recordsBetween, whyNotAfter } from '../chain/seal.ts';
import { chainFiles } from '../file/chain-files.ts';
import { readLines } from '../file/read-lines.ts';
import { whyUnreadable } from '../file/trouble.ts';

export type Verification = Omit<z.output<typeof auditVerbs.verify.reply>, 'waiting'>;
type Break = NonNullable<Verification['broken_at']>;

const attempts = 4;
const apartMs = 250;

/**
 * Reads the chain from its first file to its last and finds what was changed, removed, inserted or moved. The head in
 * NATS, read before the files, shows what is missing at the end and whether all of it was written anew. Only one
 * line is in memory at a time. What cannot be read is not verified, and the answer says why.
 */
export async function verifyChain(
  path: string,
  readHead: () => Promise<AuditHead | undefined>,
  clock: Clock,
): Promise<Verification> {
  try {
    return await verifyReadable(path, readHead, clock);
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error && 'errno' in error)) throw error;
    const file = basename('path' in error && typeof error.path === 'string' ? error.path : path);
    const broken_at = { file, line: 1, why: whyUnreadable(error) };
    return { ok: false, records: 0, head: genesis.hash, files: [file], broken_at };
  }
}

async function verifyReadable(
  path: string,
  readHead: () => Promise<AuditHead | undefined>,
  clock: Clock,
): Promise<Verification> {
  for (let attempt = 1; ; attempt += 1) {
    const head = await readHead();
    const files = await chainFiles(path);
    const { result, unsettled } = await walkThrough(files, path, head, attempt === attempts);
    // Files are rotated and removed, and lines are written, while they are read: look again before believing a break.
    const settled = !unsettled && String(files) === String(await chainFiles(path));
    if (settled || attempt === attempts) return { ...result, files: files.map((file) => basename(file)) };
    await clock.sleep(apartMs);
  }
}

type Walked = { readonly result: Omit<Verification, 'files'>; readonly unsettled: boolean };

/** `unsettled`: a file was gone when it was to be read, or the last line has no end (yet); `final` takes that for a break. */
async function walkThrough(
  files: readonly string[],
  path: string,
  head: AuditHead | undefined,
  final: boolean,
): Promise<Walked> {
  const walk = createWalk(head);
  let place = { file: basename(path), line: 1 };
  let unsettled = false;
  try {
    for (const file of files) {
      for await (const line of readLines(file)) {
        place = { file: basename(file), line: line.number };
        unsettled = !line.complete && file === path;
        if (!unsettled || final) walk.see(line.complete ? line.bytes : undefined, place);
      }
    }
  } catch (error) {
    if (final || !(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    unsettled = true;
  }
  walk.end(place);
  return { result: walk.result(), unsettled };
}

interface Walk {
  /** `undefined`: a line without its end. */
  see(line: Uint8Array | undefined, place: Omit<Break, 'why'>): void;
  end(place: Omit<Break, 'why'>): void;
  result(): Omit<Verification, 'files'>;
}

function createWalk(head: AuditHead | undefined): Walk {
  const oldest = head?.oldest ?? { n: 1, prev: genesis.hash };
  let before: Link | undefined = { n: oldest.n - 1, hash: oldest.prev };
  let last: Link = genesis;
  let records = 0;
  let first: Break | undefined;
  let breaks = 0;
  const broken = (place: Omit<Break, 'why'>, why: string): void => {
    first ??= { ...place, why };
    breaks += 1;
  };
  return {
    see: (line, place) => {
      const read = line ? readLine(line) : { why: 'the line was cut off' };
      if ('why' in read) {
        broken(place, read.why);
        before = undefined;
        return;
      }
      const { record } = read;
      const isFirst = records === 0 && breaks === 0;
      // Files that were to be removed may still be there: the chain then begins before the oldest record to keep.
      const start = isFirst && record.n < oldest.n ? { n: record.n - 1, hash: record.prev } : before;
      const why = start && whyNotAfter(start, record);
      if (why !== undefined) broken(place, explain(why, record.event));
      else if (record.n === head?.n && record.hash !== head.hash)
        broken(place, `record ${record.n} is not the one that NATS knows: the file was written anew`);
      records += 1;
      last = before = { n: record.n, hash: record.hash };
    },
    end: (place) => {
      const expected = head?.n ?? 0;
      if (last.n < expected)
        broken(
          place,
          `the end is missing: ${recordsBetween(last.n + 1, expected)} known to NATS, but not here`,
        );
    },
    result: () => ({
      ok: first === undefined,
      records,
      head: last.hash,
      broken_at: first ? { ...first, why: withRest(first.why, breaks - 1) } : null,
    }),
  };
}

function explain(why: string, event: string): string {
  return event === 'chain_note' ? `${why}; the audit noticed it and says so in this record` : why;
}

function withRest(why: string, more: number): string {
  return more === 0 ? why : `${why} (and ${more} more ${more === 1 ? 'place' : 'places'} after it)`;
}
