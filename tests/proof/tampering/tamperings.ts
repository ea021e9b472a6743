import { generateKeyPairSync } from 'node:crypto';
import { type AuditRecord, auditRecordSchema } from '#libs/contracts/audit-record';
import { genesis, type Link, seal } from '../../../services/audit/chain/seal.ts';
import { claimOf, origin, signCheckpoint } from '../../../services/audit/checkpoint/checkpoint.ts';
import { signerOf } from '../../../services/audit/checkpoint/note.ts';
import type { RealLog } from './real-log.ts';

/** What somebody left behind: a file that is not named is gone. */
export type Tampered = Pick<RealLog, 'files' | 'notes'> & { readonly leaves: Buffer | undefined };
export type Draw = (below: number) => number;
type Tampering = (log: RealLog, draw: Draw) => Partial<Tampered>;
type Lines = readonly string[];

const inFiles =
  (change: (lines: Lines, draw: Draw, log: RealLog) => Lines): Tampering =>
  (log, draw) => {
    const counts = [...log.files.values()].map((bytes) => linesOf(bytes).length);
    const lines = change([...log.files.values()].flatMap(linesOf), draw, log);
    return { files: spread(lines, [...log.files.keys()], counts) };
  };

/** By kind. Each leaves the log otherwise than it was, or as it was by chance, which whoever calls has to notice. */
export const tamperings: Readonly<Record<string, Tampering>> = {
  flip: (log, draw) => {
    const [path, bytes] = one([...log.files], draw);
    return { files: with_(log, path, flipped(bytes, draw)) };
  },
  delete: inFiles((lines, draw) => lines.toSpliced(draw(lines.length), 1 + draw(5))),
  'insert a copy': inFiles((lines, draw) => lines.toSpliced(draw(lines.length + 1), 0, one(lines, draw))),
  'insert a forgery': inFiles((lines, draw) => {
    const at = draw(lines.length);
    return lines.toSpliced(at, 0, seal(forged(recordOf(lines[at] ?? '')), linkBefore(lines, at)).line);
  }),
  'insert bytes': (log, draw) => {
    const [path, bytes] = one([...log.files], draw);
    const at = draw(bytes.length + 1);
    const more = Buffer.from(Array.from({ length: 1 + draw(20) }, () => draw(256)));
    return { files: with_(log, path, Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)])) };
  },
  swap: inFiles((lines, draw) => {
    const [a, b] = [draw(lines.length), draw(lines.length)];
    return lines.with(a, lines[b] ?? '').with(b, lines[a] ?? '');
  }),
  move: inFiles((lines, draw) => {
    const from = draw(lines.length);
    return lines.toSpliced(from, 1).toSpliced(draw(lines.length), 0, lines[from] ?? '');
  }),
  'cut a file': (log, draw) => {
    const [path, bytes] = one([...log.files], draw);
    return { files: with_(log, path, bytes.subarray(0, draw(bytes.length))) };
  },
  'cut the tail at a record': inFiles((lines, draw) => lines.slice(0, draw(lines.length))),
  'roll back whole files': (log, draw) => ({ files: new Map([...log.files].slice(0, draw(log.files.size))) }),
  'change a record, all hashes made anew': inFiles((lines, draw) => {
    const at = draw(lines.length);
    return [...lines.slice(0, at), ...chained(lines.slice(at).map(recordOf), linkBefore(lines, at), forged)];
  }),
  'remove a record, all hashes made anew': inFiles((lines, draw) => {
    const at = draw(lines.length);
    return [...lines.slice(0, at), ...chained(lines.slice(at + 1).map(recordOf), linkBefore(lines, at))];
  }),
  'add a record, all hashes made anew': inFiles((lines, draw) => {
    const at = draw(lines.length);
    const rest = lines.slice(at).map(recordOf);
    const added = forged(rest[0] ?? recordOf(lines[0] ?? ''));
    return [...lines.slice(0, at), ...chained([added, ...rest], linkBefore(lines, at))];
  }),
  'swap two files': (log, draw) => {
    const paths = [...log.files.keys()];
    const [a, b] = [one(paths, draw), one(paths, draw)];
    const content = (path: string): Buffer => log.files.get(path) ?? Buffer.alloc(0);
    return { files: new Map([...log.files, [a, content(b)], [b, content(a)]]) };
  },
  'remove the newest file': ({ files }) => ({ files: new Map([...files].slice(0, -1)) }),
  'remove a file': ({ files }, draw) => ({ files: new Map([...files].toSpliced(draw(files.size), 1)) }),
  'remove the oldest file, as if it were too old': ({ files }) => ({ files: new Map([...files].slice(1)) }),
  'change the hashes of what was removed': ({ leaves }, draw) => ({ leaves: flipped(leaves, draw) }),
  'cut the hashes of what was removed': ({ leaves }, draw) => ({
    leaves: leaves.subarray(0, draw(leaves.length)),
  }),
  'remove the hashes of what was removed': () => ({ leaves: undefined }),
  'change a checkpoint': ({ notes }, draw) => {
    const at = draw(notes.length);
    return { notes: notes.with(at, flipped(Buffer.from(notes[at] ?? ''), draw).toString('utf8')) };
  },
  'sign a checkpoint with another key': ({ notes }, draw) => {
    const at = draw(notes.length);
    return { notes: notes.with(at, signedAnew(notes[at] ?? '')) };
  },
  'sign all checkpoints with another key': ({ notes }) => ({ notes: notes.map(signedAnew) }),
};

export const linesOf = (bytes: Buffer): Lines => bytes.toString('utf8').split('\n').slice(0, -1);
export const one = <T>(all: readonly T[], draw: Draw): T => {
  const found = all[draw(all.length)];
  if (found === undefined) throw new RangeError('there is nothing to draw from');
  return found;
};
export const recordOf = (line: string): AuditRecord => auditRecordSchema.parse(JSON.parse(line));
export const forged = (record: AuditRecord): AuditRecord => ({
  ...record,
  user: 'nobody',
  reason: 'never happened',
});
const with_ = ({ files }: RealLog, path: string, bytes: Buffer) => new Map([...files, [path, bytes]]);

function linkBefore(lines: Lines, at: number): Link {
  if (at > 0) return recordOf(lines[at - 1] ?? '');
  const first = recordOf(lines[0] ?? '');
  return first.n === 1 ? genesis : { n: first.n - 1, hash: first.prev };
}

/** `change` is done to the first one. */
export function chained(
  records: readonly AuditRecord[],
  after: Link,
  change: (record: AuditRecord) => AuditRecord = (record) => record,
): Lines {
  const lines: string[] = [];
  let link = after;
  for (const [at, record] of records.entries()) {
    const sealed = seal(at === 0 ? change(record) : record, link);
    lines.push(sealed.line);
    link = sealed.record;
  }
  return lines;
}

/** As many lines to each file as it had; what is left over goes to the last one. */
function spread(
  lines: Lines,
  paths: readonly string[],
  counts: readonly number[],
): ReadonlyMap<string, Buffer> {
  let from = 0;
  return new Map(
    paths.map((path, at) => {
      const to = at === paths.length - 1 ? lines.length : from + (counts[at] ?? 0);
      const text = lines.slice(from, to).map((line) => `${line}\n`);
      from = to;
      return [path, Buffer.from(text.join(''))];
    }),
  );
}

function flipped(bytes: Buffer, draw: Draw): Buffer {
  const copy = Buffer.from(bytes);
  const at = draw(copy.length);
  copy[at] = (copy[at] ?? 0) ^ (1 + draw(255));
  return copy;
}

const thief = signerOf(origin, generateKeyPairSync('ed25519').privateKey);
function signedAnew(note: string): string {
  const claim = claimOf(note);
  if (!claim) throw new RangeError('a checkpoint of the real log cannot be read');
  return signCheckpoint(claim, thief);
}
