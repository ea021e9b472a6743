import type { AuditRecord } from '#libs/contracts/audit-record';
import type { RealLog } from './real-log.ts';
import { chained, type Draw, forged, linesOf, one, recordOf, type Tampered } from './tamperings.ts';

/** Files that go on behind the last record, all hashes fitting, and what was added. */
export type Ending = Pick<Tampered, 'files'> & { readonly added: string };

/** By kind. No copy of the files alone shows them: they are where the next record of the audit would be. */
export const endings: Readonly<Record<string, (log: RealLog, draw: Draw) => Ending>> = {
  'a forgery': (log, draw) => behind(log, [forged(any(log, draw))]),
  'a forgery of a message to come': (log, draw) => {
    const record = any(log, draw);
    return behind(log, [forged({ ...record, sequence: log.head.n + 1 + draw(5) })]);
  },
  'a record once more': (log, draw) => behind(log, [any(log, draw)]),
  'many of them': (log, draw) =>
    behind(
      log,
      Array.from({ length: 2 + draw(20) }, () => any(log, draw)),
    ),
  'a note of the audit': (log, draw) =>
    behind(log, [{ ...any(log, draw), stream: 'HEMOSTAT_AUDIT', event: 'chain_note' }]),
  'a forgery in a file of its own': (log, draw) => {
    const added = text(chained([forged(any(log, draw))], log.head));
    const paths = [...log.files.keys()];
    const number = Math.max(...paths.map((path) => Number(/\.(\d+)$/.exec(path)?.[1] ?? 0)));
    const full = [...log.files].map(
      ([path, bytes]) => [path === log.path ? `${path}.${number + 1}` : path, bytes] as const,
    );
    return { files: new Map([...full, [log.path, Buffer.from(added)]]), added };
  },
  'a forgery behind a last record that was changed': (log, draw) => {
    const last = Buffer.from(log.files.get(log.path) ?? '');
    const lines = linesOf(last);
    const [changed = '', ...added] = chained(
      [recordOf(lines.at(-1) ?? ''), any(log, draw)],
      { n: log.head.n - 1, hash: recordOf(lines.at(-1) ?? '').prev },
      forged,
    );
    const files = new Map([
      ...log.files,
      [log.path, Buffer.from(text([...lines.slice(0, -1), changed, ...added]))],
    ]);
    return { files, added: text(added) };
  },
};

const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

function any({ files }: RealLog, draw: Draw): AuditRecord {
  return recordOf(one(linesOf(one([...files.values()], draw)), draw));
}

function behind(log: RealLog, records: readonly AuditRecord[]): Ending {
  const added = text(chained(records, log.head));
  const last = Buffer.concat([log.files.get(log.path) ?? Buffer.alloc(0), Buffer.from(added)]);
  return { files: new Map([...log.files, [log.path, last]]), added };
}
