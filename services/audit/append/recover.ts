/**
 * Guarantee: what stands in the files is never appended again, and what a crash left half-written is taken away
 * before the chain goes on. Nothing that the head in NATS has confirmed is ever cut; where it and the files
 * contradict each other both are kept, and the contradiction is reported. What stands behind the head is believed only
 * if it continues the chain and is, to the byte, what the audit makes of messages that NATS holds and that are not in
 * the audit yet: the chain has no key, so anybody can write a record that fits. The rest is cut off; what fitted, and
 * was not made by the audit, is set aside first.
 */
import { ftruncateSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import type { AuditHead } from '#libs/contracts/audit-head';
import type { AuditRecord } from '#libs/contracts/audit-record';
import { genesis, type Link } from '../chain/seal.ts';
import { chainFiles } from '../file/chain-files.ts';
import { type SetAside, setAside } from '../file/set-aside.ts';
import { ChangedBySomebody, mustHold } from '../file/trouble.ts';
import { type ReadOn, readOn } from './read-on.ts';

export type Recovered = {
  /** Where the chain goes on. */
  readonly head: Omit<AuditHead, 'owner'>;
  readonly fileSize: number;
  /** Records in the files that may be missing in the stream of the audit. */
  readonly uncopied: readonly AuditRecord[];
  /** Bytes of an append that a crash interrupted, or that another replica wrote after it was overtaken. */
  readonly cutBytes: number;
  /** Records that fitted and that the audit did not make. */
  readonly setAside: SetAside | undefined;
  readonly contradiction: Contradiction | undefined;
};

export type RecoverPorts = {
  readonly holds: () => boolean;
  /** Rejects when NATS does not answer. */
  readonly isMadeOfItsMessage: (record: AuditRecord) => Promise<boolean>;
};

export type Contradiction = {
  readonly why:
    | 'head_missing_in_nats'
    | 'records_missing_in_file'
    | 'file_differs_from_nats'
    | 'unknown_records_set_aside';
  readonly nats: Link | null;
  readonly file: Link | null;
};

/**
 * Finds where files and head meet, and makes the last file end with a whole record. Throws `ChangedBySomebody` when it
 * grew meanwhile, and `Overtaken`.
 */
export async function recover(
  path: string,
  stored: AuditHead | undefined,
  { holds, isMadeOfItsMessage }: RecoverPorts,
): Promise<Recovered> {
  const files = await filesWithLines(path);
  const known: Link = stored ?? genesis;
  const found = await readOn(files, stored, isMadeOfItsMessage);
  const rest = files.slice(found.file);
  const [last] = rest;
  const aside =
    found.unknown && found.cutAt !== undefined
      ? await setAside(path, rest, { offset: found.cutAt, n: found.unknown.n }, holds)
      : undefined;
  const cutSize = aside && (found.cutAt ?? 0);
  const lastSize = cutSize ?? (last === undefined ? 0 : await endWithWholeLine(last, found, holds));
  const { tail, positions, met } = found;
  const contradiction = contradictionOf(stored, found);
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
    cutBytes: aside || found.cutAt === undefined ? 0 : found.end - found.cutAt,
    setAside: aside,
    contradiction,
  };
}

function contradictionOf(
  stored: AuditHead | undefined,
  { tail, met, unknown }: ReadOn,
): Contradiction | undefined {
  const file = tail ?? null;
  if (stored === undefined)
    return tail === undefined ? undefined : { why: 'head_missing_in_nats', nats: null, file };
  const nats = { n: stored.n, hash: stored.hash };
  if (met) return unknown && { why: 'unknown_records_set_aside', nats, file: unknown };
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
