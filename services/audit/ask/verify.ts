import { basename } from 'node:path';
import type { z } from 'zod';
import type { AuditHead } from '#libs/contracts/audit-head';
import type { auditVerbs } from '#libs/contracts/rpc';
import type { Clock } from '#libs/runtime/clock';
import { genesis, type Link, readLine, recordsBetween, whyNotAfter } from '../chain/seal.ts';
import { type Verifier, writeVerifier } from '../checkpoint/note.ts';
import { chainFiles } from '../file/chain-files.ts';
import { firstRecord } from '../file/first-record.ts';
import { leavesFile, rememberedLeaves } from '../file/leaves.ts';
import { readLines } from '../file/read-lines.ts';
import { whyUnreadable } from '../file/trouble.ts';
import { leafHash } from '../tree/hashes.ts';
import { createJudge, type Judge } from './judge.ts';

export type Verification = Omit<z.output<typeof auditVerbs.verify.reply>, 'waiting'>;
type Break = NonNullable<Verification['broken_at']>;
type Walked = Omit<Verification, 'files'>;

/** What the audit is compared with besides itself. */
export type Witnesses = {
  /** In NATS; without it only what checkpoints tell is known of the end, and where the chain begins. */
  readonly head?: () => Promise<AuditHead | undefined>;
  readonly notes: () => Promise<readonly string[]>;
  readonly verifier: Verifier | undefined;
};

const attempts = 4;
const apartMs = 250;

/**
 * Reads the chain from its first file to its last and finds what was changed, removed, inserted or moved. What was read
 * before the files, the head in NATS and signed checkpoints, shows what is missing at the end and whether any of it was
 * written anew. Only one line is in memory at a time. What cannot be read is not verified, and the answer says why.
 */
export async function verifyChain(path: string, witnesses: Witnesses, clock: Clock): Promise<Verification> {
  try {
    return await verifyReadable(path, witnesses, clock);
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error && 'errno' in error)) throw error;
    const file = basename('path' in error && typeof error.path === 'string' ? error.path : path);
    const nothing = createWalk(undefined, await createJudge([], witnesses.verifier), witnesses.verifier);
    nothing.broken({ file, line: 1 }, whyUnreadable(error), 1);
    return { ...nothing.result(), files: [file] };
  }
}

async function verifyReadable(path: string, witnesses: Witnesses, clock: Clock): Promise<Verification> {
  for (let attempt = 1; ; attempt += 1) {
    const head = await witnesses.head?.();
    const judge = await createJudge(await witnesses.notes(), witnesses.verifier);
    const walk = createWalk(head, judge, witnesses.verifier);
    const files = await chainFiles(path);
    const unsettled = await walkThrough(files, path, walk, attempt === attempts);
    // Files are rotated and removed, and lines are written, while they are read: look again before believing a break.
    const settled = !unsettled && String(files) === String(await chainFiles(path));
    if (settled || attempt === attempts)
      return { ...walk.result(), files: files.map((file) => basename(file)) };
    await clock.sleep(apartMs);
  }
}

/** True: a file was gone when it was to be read, or the last line has no end (yet); `final` takes that for a break. */
async function walkThrough(
  files: readonly string[],
  path: string,
  walk: Walk,
  final: boolean,
): Promise<boolean> {
  let place = { file: basename(path), line: 1 };
  let unsettled = false;
  try {
    await walk.begin(path, files[0]);
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
  return unsettled;
}

type Place = Omit<Break, 'why'>;

interface Walk {
  /** Takes the records that were removed because only so many files are kept. */
  begin(path: string, first: string | undefined): Promise<void>;
  /** `undefined`: a line without its end. */
  see(line: Uint8Array | undefined, place: Place): void;
  end(place: Place): void;
  /** `from`: the first record in doubt. */
  broken(place: Place, why: string, from: number): void;
  result(): Walked;
}

function createWalk(head: AuditHead | undefined, judge: Judge, verifier: Verifier | undefined): Walk {
  const oldest = head?.oldest ?? { n: 1, prev: genesis.hash };
  let before: Link | undefined = { n: oldest.n - 1, hash: oldest.prev };
  let last: Link = genesis;
  let records = 0;
  let removed = 0;
  let first: (Break & { readonly from: number }) | undefined;
  let breaks = 0;
  const broken: Walk['broken'] = (place, why, from) => {
    first ??= { ...place, why, from };
    breaks += 1;
  };
  return {
    broken,
    begin: async (path, file) => {
      const start = file === undefined ? undefined : await firstRecord(file);
      if (!start || start.n === 1) return;
      for await (const leaf of rememberedLeaves(path, start.n)) {
        const why = judge.see(leaf);
        if (why) broken({ file: basename(leavesFile(path)), line: 1 }, why, judge.proved + 1);
      }
      removed = judge.seen;
      // Nothing but the hashes of removed records tells that they were removed on purpose.
      if (!head && removed === start.n - 1) before = { n: start.n - 1, hash: start.prev };
      if (removed < start.n - 1 && (judge.newest || !head))
        broken(
          { file: basename(leavesFile(path)), line: 1 },
          `${recordsBetween(removed + 1, start.n - 1)} not in the files, and their hashes are not in this one`,
          removed + 1,
        );
    },
    see: (line, place) => {
      const read = line ? readLine(line) : { why: 'the line was cut off' };
      const next = (before?.n ?? last.n) + 1;
      const unsigned = line && judge.see(leafHash(line));
      if ('why' in read) {
        broken(place, read.why, next);
        before = undefined;
      } else {
        const { record } = read;
        const isFirst = records === 0 && breaks === 0;
        // Files that were to be removed may still be there: the chain then begins before the oldest record to keep.
        const start = isFirst && record.n < oldest.n ? { n: record.n - 1, hash: record.prev } : before;
        const why = start && whyNotAfter(start, record);
        if (why !== undefined) broken(place, explain(why, record.event), Math.min(next, record.n));
        else if (record.n === head?.n && record.hash !== head.hash)
          broken(
            place,
            `record ${record.n} is not the one that NATS knows: the file was written anew`,
            judge.proved + 1,
          );
        records += 1;
        last = before = { n: record.n, hash: record.hash };
      }
      if (unsigned) broken(place, unsigned, judge.proved + 1);
    },
    end: (place) => {
      const expected = head?.n ?? 0;
      if (last.n < expected)
        broken(
          place,
          `the end is missing: ${recordsBetween(last.n + 1, expected)} known to NATS, but not here`,
          judge.proved + 1,
        );
      const unsigned = judge.end();
      // What stands before the missing end and behind the last good checkpoint may be written anew, too.
      if (unsigned) broken(place, unsigned, judge.proved + 1);
    },
    result: () => {
      const { newest, proved, trouble } = judge;
      const ok = first === undefined && trouble === undefined;
      return {
        ok,
        records,
        head: last.hash,
        broken_at: first
          ? { file: first.file, line: first.line, why: withRest(first.why, breaks - 1) }
          : null,
        doubtful_from: first?.from ?? null,
        signed: {
          verifier_key: verifier ? writeVerifier(verifier) : null,
          checkpoints: judge.checkpoints,
          newest: newest ? { records: newest.size, root: newest.root.toString('base64') } : null,
          proved_records: proved,
          unsigned_records: Math.max(0, judge.seen - (newest?.size ?? 0)),
          removed_records: removed,
          trouble: trouble ?? null,
        },
        what_to_do: ok ? null : whatToDo(first !== undefined),
      };
    },
  };
}

function whatToDo(isBroken: boolean): string {
  return isBroken
    ? "keep a copy of the files as they are, as evidence; compare them with a backup, and with the copies that NATS still has: nats sub 'hemostat.audit.>' --stream HEMOSTAT_AUDIT --all --wait 2s; put back files that were moved or lost. What is proved can be relied on"
    : 'find out who could write to the checkpoints or to the key of the audit service, and compare with the verifier key that was pinned earlier and with the checkpoints in the log of the audit service';
}

function explain(why: string, event: string): string {
  return event === 'chain_note' ? `${why}; the audit noticed it and says so in this record` : why;
}

function withRest(why: string, more: number): string {
  return more === 0 ? why : `${why} (and ${more} more ${more === 1 ? 'place' : 'places'} after it)`;
}
