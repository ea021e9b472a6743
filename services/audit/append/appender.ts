/**
 * Guarantee: each message makes exactly one record, whatever dies in between. The order is: the file (fsync), the
 * head (compare-and-set), the copies, the acknowledgement. A crash after any of them leaves a state from which
 * `recover` goes on: records in the file are known by their stream and sequence, so they are not made again.
 */
import type { AuditHead } from '#libs/contracts/audit-head';
import type { Clock } from '#libs/runtime/clock';
import { failpoint } from '#libs/runtime/failpoint';
import type { Log } from '#libs/runtime/log';
import { retryUntil } from '#libs/runtime/retry';
import { type HeadStore, treeOf } from '../chain/head-store.ts';
import { closeGap } from '../chain/positions.ts';
import type { Draft } from '../chain/seal.ts';
import type { ChainFile } from '../file/chain-file.ts';
import type { FileHealth } from '../file/file-health.ts';
import type { Keeping } from '../file/keeping.ts';
import { FileTrouble, isNewBeginning, mustHold, Overtaken } from '../file/trouble.ts';
import { type Heard, remediationOf } from '../record/heard.ts';
import type { Origins } from '../record/origin.ts';
import { grow, type Tree } from '../tree/frontier.ts';
import { leafHash } from '../tree/hashes.ts';
import { copyAll } from './copies.ts';
import type { Lease } from './lease.ts';
import type { MeshStreams } from './mesh-streams.ts';
import { type PlannedRecord, planBatch, planNote } from './plan-batch.ts';
import { createQueue } from './queue.ts';

export type AppenderPorts = {
  readonly heads: HeadStore;
  readonly file: ChainFile;
  readonly keeping: Keeping;
  readonly streams: MeshStreams;
  readonly origins: Origins;
  readonly holds: Lease['holds'];
  readonly clock: Clock;
  readonly log: Log;
  readonly fileHealth: FileHealth;
  /** Told whenever the head has moved. */
  readonly onMoved?: () => void;
};

export interface Appender extends AsyncDisposable {
  /** `dropped`: this replica must not go on; the message comes again, here or elsewhere. */
  append(heard: Heard): Promise<'appended' | 'dropped'>;
  /** Nothing will come any more for this range of sequences. */
  closeGap(stream: string, from: number, to: number): void;
  positions(): AuditHead['positions'];
  /** Over all records that the head has confirmed; undefined where a part of the audit was lost. */
  tree(): Tree | undefined;
  /** Resolves when the appender gave up, with the reason: overtaken, its file was changed by somebody else, or a surprise. */
  readonly ended: Promise<unknown>;
}

const fileRetry = { minMs: 250, maxMs: 5_000 };
/** In a flood each commit then has more records: what is done once a commit (fsync, head) is done less often. */
const apartMs = 25;
const natsRetry = { minMs: 100, maxMs: 2_000 };

/** Goes on from `head`, which is this replica's. Disposing drops what still waits. `note` becomes the first record. */
export function startAppender(ports: AppenderPorts, start: AuditHead, note?: Draft): Appender {
  const { heads, file, keeping, streams, origins, clock, log, fileHealth } = ports;
  const stopping = new AbortController();
  const { signal } = stopping;
  const gaveUp = Promise.withResolvers<unknown>();
  let head = start;

  const write = (records: readonly PlannedRecord[]): Promise<void> => {
    const text = records.map(({ line }) => `${line}\n`).join('');
    const attempt = async (): Promise<void> => {
      if (keeping.isFull(file.size, text)) await file.rotate();
      failpoint('audit-append-before');
      await file.append(text);
      failpoint('audit-append-synced');
      fileHealth.good();
    };
    const retryable = (error: unknown): boolean => {
      if (!(error instanceof FileTrouble)) return false;
      fileHealth.bad(error);
      return true;
    };
    return retryUntil(attempt, { clock, signal, ...fileRetry, retryable });
  };

  const unkept = (error: unknown): undefined => {
    log.warn(
      { err: error },
      'old audit files could not be removed; more of them are kept than AUDIT_FILES_KEPT says',
    );
  };

  const move = async (next: AuditHead): Promise<void> => {
    if ((await heads.move(next, signal)) === 'overtaken') throw new Overtaken();
    head = next;
    ports.onMoved?.();
    failpoint('audit-head-moved');
  };

  const store = async (records: readonly PlannedRecord[], next: Partial<AuditHead>): Promise<void> => {
    await write(records);
    const outdated = await keeping.outdated().catch(unkept);
    const tree = treeOf(head);
    const grown =
      tree &&
      grow(
        tree,
        records.map(({ line }) => leafHash(line)),
      ).hashes;
    await move({
      ...head,
      ...next,
      ...(grown && { tree: [...grown] }),
      ...(outdated && { oldest: outdated.oldest }),
    });
    await outdated?.remove().catch(unkept);
    // Who was overtaken meanwhile leaves the copies to the other one: the server notices doubles for two minutes only.
    mustHold(ports.holds);
    const sequence = await copyAll({ streams, clock, log }, records, signal);
    failpoint('audit-copied');
    head = { ...head, copied: { n: head.n, sequence: Math.max(head.copied.sequence, sequence) } };
    fileHealth.goesOn();
  };

  const commit = async (batch: readonly Heard[]): Promise<void> => {
    const unknown = batch.flatMap(({ subject, body, bytes }) => {
      const id = remediationOf(subject);
      if (id === undefined || !subject.endsWith('.requested')) return id ?? [];
      origins.learn(id, body, bytes);
      return [];
    });
    await retryUntil(() => origins.recall(unknown), { clock, signal, ...natsRetry });
    const plan = planBatch(head, batch, origins.get);
    for (const { stream, sequence } of plan.rewound) {
      log.error(
        { stream, sequence },
        'a stream began again or lost its end: its sequence was in the audit already',
      );
    }
    if (plan.records.length > 0) await store(plan.records, { ...plan.end, positions: plan.positions });
  };

  const begin = async (): Promise<void> => {
    if (!note) return;
    const record = planNote(head, { ...note, sequence: head.n + 1 });
    await store([record], { n: record.record.n, hash: record.record.hash });
  };

  const queue = createQueue<Heard>({
    begin,
    commit,
    sizeOf: ({ bytes }) => bytes,
    apart: { ms: apartMs, clock },
  });
  void queue.ended.then((error) => {
    const reason = signal.aborted ? undefined : error;
    if (isNewBeginning(reason)) log.warn({ err: reason }, 'appending to the audit ended here');
    gaveUp.resolve(reason);
  });

  return {
    append: async (heard) => ((await queue.add(heard)) ? 'appended' : 'dropped'),
    closeGap: (stream, from, to) => {
      const position = head.positions[stream];
      if (position)
        head = { ...head, positions: { ...head.positions, [stream]: closeGap(position, from, to) } };
    },
    positions: () => head.positions,
    tree: () => treeOf(head),
    ended: gaveUp.promise,
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      queue.close();
      await queue.ended;
    },
  };
}
