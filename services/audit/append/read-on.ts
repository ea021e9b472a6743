import { stat } from 'node:fs/promises';
import type { AuditHead } from '#libs/contracts/audit-head';
import type { AuditRecord } from '#libs/contracts/audit-record';
import { streams } from '#libs/contracts/subjects';
import { treeOf } from '../chain/head-store.ts';
import { nowhere, place } from '../chain/positions.ts';
import { genesis, type Link, readLine, whyNotAfter } from '../chain/seal.ts';
import { readLines } from '../file/read-lines.ts';
import { createFrontier, emptyTree, type Tree } from '../tree/frontier.ts';
import { leafHash } from '../tree/hashes.ts';
import { isSame, locate } from './locate.ts';

export type ReadOn = {
  readonly tail: Link | undefined;
  /** Whether the record that the head names was found as it names it. */
  readonly met: boolean;
  readonly oldest: AuditHead['oldest'] | undefined;
  readonly positions: AuditHead['positions'];
  readonly uncopied: readonly AuditRecord[];
  /** That of the head, grown by what stands in the files behind it; without a head from record 1 on. */
  readonly tree: Tree | undefined;
  /** The index of the file that was read last. */
  readonly file: number;
  /** Where that file leaves the chain. */
  readonly cutAt: number | undefined;
  /** The record that stands there, if it continues the chain and is none that the audit made. */
  readonly unknown: Link | undefined;
  /** How long that file was when it was read. */
  readonly end: number;
};

const mostUncopied = 5_000;

/** Reads from the last record that is surely copied on, and stops where the files leave the chain for good. */
export async function readOn(
  files: readonly string[],
  stored: AuditHead | undefined,
  isMadeOfItsMessage: (record: AuditRecord) => Promise<boolean>,
): Promise<ReadOn> {
  const known: Link = stored ?? genesis;
  const from = await locate(files, stored);
  const positions: AuditHead['positions'] = { ...stored?.positions };
  const uncopied: AuditRecord[] = [];
  const tree = stored ? treeOf(stored) : emptyTree;
  const frontier = tree && createFrontier(tree);
  let oldest: AuditHead['oldest'] | undefined;
  let tail = from.link;
  let met = stored !== undefined && (known.n === 0 || isSame(tail, known));
  let goesOn = met;
  let file = Math.max(0, files.length - 1);
  let end = from.offset;
  const done = (cutAt?: number, unknown?: Link): ReadOn => ({
    tail,
    met,
    oldest,
    positions,
    uncopied,
    tree: frontier?.tree(),
    file,
    cutAt,
    unknown,
    end,
  });
  const isMade = async (record: AuditRecord): Promise<boolean> => {
    if (whyNotAfter(tail ?? genesis, record) !== undefined) return false;
    const { kind } = place(positions[record.stream] ?? nowhere, record.sequence, record.timestamp);
    return kind !== 'known' && (await isMadeOfItsMessage(record));
  };

  for (const [at, path] of files.entries()) {
    if (at < from.file) continue;
    const isLast = at === files.length - 1;
    for await (const line of readLines(path, at === from.file ? from.offset : 0)) {
      end = line.end;
      const read = readLine(line.bytes);
      const unconfirmed = goesOn && (tail?.n ?? 0) >= known.n;
      const why =
        'why' in read ? read.why : unconfirmed ? whyNotAfter(tail ?? known, read.record) : undefined;
      if (why !== undefined && isLast && (unconfirmed || !line.complete)) {
        end = (await stat(path)).size;
        return done(line.offset);
      }
      if ('why' in read) continue;
      const { record } = read;
      // Such a repeat stands in a full file when its writer had paused since before it was full.
      if (why !== undefined && record.n <= (tail?.n ?? 0) + 1) continue;
      const isBehind = stored !== undefined && record.n > known.n;
      // Before the record that the head names nothing is behind it: damage, for everybody to see.
      if (isBehind && from.met && !met) continue;
      if (isBehind && !(await isMade(record))) {
        file = at;
        end = (await stat(path)).size;
        return done(line.offset, { n: record.n, hash: record.hash });
      }
      goesOn ||= isBehind;
      tail = { n: record.n, hash: record.hash };
      if (frontier && record.n === frontier.size + 1) frontier.push(leafHash(line.bytes));
      oldest ??= { n: record.n, prev: record.prev };
      met ||= stored !== undefined && isSame(tail, known);
      goesOn ||= met;
      if (stored === undefined || isBehind) note(positions, record);
      if (stored && record.n > stored.copied.n && uncopied.length < mostUncopied) uncopied.push(record);
    }
  }
  return done();
}

function note(positions: AuditHead['positions'], record: AuditRecord): void {
  // The notes of the audit itself stand in no stream before.
  if (record.stream === streams.audit) return;
  const before = positions[record.stream] ?? nowhere;
  positions[record.stream] = place(before, record.sequence, record.timestamp).position;
}
