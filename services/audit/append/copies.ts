/**
 * Guarantee: each record stands once in the stream of the audit, on the subject of every target it concerns. After a
 * crash what is missing there is found by reading, not by the server's memory of message ids.
 */
import type { AuditRecord } from '#libs/contracts/audit-record';
import { canonicalJson } from '#libs/contracts/json';
import { auditMeshSubject, auditSubject } from '#libs/contracts/subjects';
import { parseTargetId, type Target, targetId } from '#libs/contracts/target';
import type { Clock } from '#libs/runtime/clock';
import type { Log } from '#libs/runtime/log';
import { retryUntil } from '#libs/runtime/retry';
import { targetsOf } from '../record/draft.ts';
import type { Origins } from '../record/origin.ts';
import { copyKey, type MeshStreams } from './mesh-streams.ts';
import type { PlannedRecord } from './plan-batch.ts';

/** A reset of everything names every target: more than this many, and its record stands with those of the mesh. */
const mostSubjects = 16;

export function subjectsOf(targets: readonly Target[]): readonly string[] {
  const subjects = [...new Map(targets.map((target) => [targetId(target), auditSubject(target)])).values()];
  return subjects.length === 0 || subjects.length > mostSubjects ? [auditMeshSubject] : subjects;
}

export type CopyPorts = {
  readonly streams: MeshStreams;
  readonly clock: Clock;
  readonly log: Log;
};

/** Copies records and resolves with the highest sequence. Waits for NATS as long as the signal lets it. */
export async function copyAll(
  { streams, clock, log }: CopyPorts,
  records: readonly PlannedRecord[],
  signal: AbortSignal,
  have: ReadonlySet<string> = new Set(),
): Promise<number> {
  const wanted = records.flatMap((planned) =>
    subjectsOf(planned.targets)
      .filter((subject) => !have.has(copyKey(subject, planned.record.n)))
      .map((subject) => ({ subject, planned })),
  );
  const sequences = await Promise.all(
    wanted.map(({ subject, planned }) =>
      retryUntil(() => streams.copy(subject, planned), { clock, signal, minMs: 100, maxMs: 2_000 }),
    ),
  );
  if (sequences.includes('refused')) {
    log.error('NATS refuses records for the stream of the audit; they stand in the audit file all the same');
  }
  return Math.max(0, ...sequences.filter((sequence) => sequence !== 'refused'));
}

/** Copies what a crash kept from being copied; resolves with the highest sequence there is then. */
export async function copyMissing(
  ports: CopyPorts & { readonly origins: Origins },
  records: readonly AuditRecord[],
  above: number,
  signal: AbortSignal,
): Promise<number> {
  if (records.length === 0) return above;
  const { streams, origins } = ports;
  const ids = records.flatMap(({ remediation_id }) => remediation_id ?? []);
  await origins.recall(ids);
  const { keys, last } = await streams.copiesAbove(above);
  const missing = records.map((record) => ({
    record,
    line: canonicalJson(record),
    targets: targetsOfRecord(record, origins),
  }));
  return Math.max(last, await copyAll(ports, missing, signal, keys));
}

function targetsOfRecord(record: AuditRecord, origins: Origins): readonly Target[] {
  const id = record.remediation_id;
  const origin = id === undefined ? undefined : origins.get(id);
  const targets = targetsOf(record.event, record.result, origin);
  const own = record.target === undefined ? undefined : parseTargetId(record.target);
  return targets.length === 0 && own ? [own] : targets;
}
