import type { z } from 'zod';
import { type AuditRecord, auditRecordSchema } from '#libs/contracts/audit-record';
import { parseJson } from '#libs/contracts/json';
import { Problem } from '#libs/contracts/problem';
import type { auditVerbs } from '#libs/contracts/rpc';
import { auditAll, auditMeshSubject, auditSubject } from '#libs/contracts/subjects';
import { parseTargetId, type Target } from '#libs/contracts/target';
import { decodeToken } from '#libs/contracts/token';
import type { Clock } from '#libs/runtime/clock';
import type { MeshStreams } from '../append/mesh-streams.ts';
import { chainFiles } from '../file/chain-files.ts';
import { readLinesBackwards } from '../file/read-lines.ts';

export type Query = z.output<typeof auditVerbs.query.request>;
export type Answer = z.output<typeof auditVerbs.query.reply>;

export type QueryPorts = {
  readonly streams: Pick<MeshStreams, 'recordsOn' | 'subjectsWithRecords'>;
  readonly path: string;
  readonly clock: Clock;
  /** What fits into one answer. */
  readonly longestAnswerBytes: number;
  /** How many records of a target the stream keeps. */
  readonly keptPerTarget: number;
};

const scanForMs = 8_000;
/** Records stand in the order of their appending, which may differ that much from that of their instants. */
const outOfOrderMs = 600_000;

/** Records that fit, newest first. `truncated`: there are, or may be, more. */
export async function query(ports: QueryPorts, asked: Query): Promise<Answer> {
  const subjects = await subjectsFor(ports, asked);
  const found = createFound(asked.limit, ports.longestAnswerBytes);
  if (subjects.length > 0) await readStream(ports, asked, subjects, found);
  else await readFiles(ports, asked, found);
  return found.answer();
}

/**
 * The subjects of the named target, and of a container that of the mesh, where its refusals stand that came before its
 * target was known; none when the stream does not know the target, or none is named.
 */
async function subjectsFor({ streams }: QueryPorts, asked: Query): Promise<readonly string[]> {
  if (asked.target !== undefined) {
    const target = parseTargetId(asked.target);
    if (target) return [auditSubject(target)];
    throw new Problem('invalid_request', 'The target is not valid. Write it as <engine>/<kind>/<name>.', {
      errors: [{ field: 'target', message: 'is no canonical target like local/container/web-1' }],
    });
  }
  const { container } = asked;
  if (container === undefined) return [];
  const known = await streams.subjectsWithRecords(auditAll);
  const own = known.filter((subject) => {
    const target = targetOf(subject);
    return target !== undefined && isNamed(target, container);
  });
  return own.length === 0 ? [] : [...own, auditMeshSubject];
}

function targetOf(subject: string): Target | undefined {
  try {
    return parseTargetId(decodeToken(subject.split('.')[2] ?? ''));
  } catch {
    return undefined;
  }
}

/** Compose names the container of `project/service/1` `project-service-1`, or with `_` in its first version. */
function isNamed({ kind, name }: Target, container: string): boolean {
  if (name === container) return true;
  return kind === 'compose' && ['-', '_'].some((mark) => name.replaceAll('/', mark) === container);
}

interface Found {
  /** False when there is no room for more. */
  add(record: AuditRecord): boolean;
  truncate(): void;
  answer(): Answer;
}

function createFound(limit: number, longestBytes: number): Found {
  const records: AuditRecord[] = [];
  let bytes = 0;
  let truncated = false;
  return {
    add: (record) => {
      bytes += Buffer.byteLength(JSON.stringify(record)) + 1;
      const full = records.length >= limit || (bytes > longestBytes && records.length > 0);
      if (full) truncated = true;
      else records.push(bytes > longestBytes ? withoutContent(record) : record);
      return !full;
    },
    truncate: () => {
      truncated = true;
    },
    answer: () => ({ records, truncated }),
  };
}

function withoutContent(record: AuditRecord): AuditRecord {
  const { metrics: _metrics, params: _params, ...rest } = record;
  return { ...rest, result: { too_long_for_an_answer: true, see_in_the_file_record: record.n } };
}

async function readStream(
  { streams, keptPerTarget }: QueryPorts,
  asked: Query,
  subjects: readonly string[],
  found: Found,
): Promise<void> {
  const read = await Promise.all(
    subjects.map(async (subject) => ({ subject, ...(await streams.recordsOn(subject, keptPerTarget)) })),
  );
  // The stream forgets the oldest of a target when it has as many as it keeps.
  if (read.some(({ all }) => all >= keptPerTarget)) found.truncate();
  const fitting = read.flatMap(({ subject, records }) => {
    const wanted = subject === auditMeshSubject ? asked : { ...asked, container: undefined };
    return records.filter((record) => matches(record, wanted));
  });
  const byNumber = new Map(fitting.map((record) => [record.n, record]));
  for (const record of [...byNumber.values()].sort((a, b) => b.n - a.n)) if (!found.add(record)) return;
}

async function readFiles({ path, clock }: QueryPorts, asked: Query, found: Found): Promise<void> {
  const giveUpAt = clock.now() + scanForMs;
  const tooOld = asked.since === undefined ? undefined : Date.parse(asked.since) - outOfOrderMs;
  const hints = [asked.remediation_id, asked.container].filter((text) => text !== undefined);
  for (const file of (await chainFiles(path)).toReversed()) {
    for await (const line of readLinesBackwards(file)) {
      if (clock.now() > giveUpAt) return found.truncate();
      if (hints.some((hint) => !line.bytes.includes(hint))) continue;
      const record = readRecord(line.bytes);
      if (!record) continue;
      if (tooOld !== undefined && Date.parse(record.timestamp) < tooOld) return;
      if (matches(record, asked) && !found.add(record)) return;
    }
  }
}

function readRecord(bytes: Buffer): AuditRecord | undefined {
  try {
    return auditRecordSchema.parse(parseJson(bytes.toString('utf8')));
  } catch {
    return undefined;
  }
}

function matches(record: AuditRecord, asked: Query): boolean {
  const { container, since, until } = asked;
  return (
    (container === undefined || record.container === container || record.params?.container === container) &&
    (asked.remediation_id === undefined || record.remediation_id === asked.remediation_id) &&
    (asked.action === undefined || record.action === asked.action) &&
    (asked.event === undefined || record.event === asked.event) &&
    (asked.status === undefined || record.status === asked.status) &&
    (since === undefined || Date.parse(record.timestamp) >= Date.parse(since)) &&
    (until === undefined || Date.parse(record.timestamp) <= Date.parse(until))
  );
}
