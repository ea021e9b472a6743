import { mkdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { AuditHead } from '#libs/contracts/audit-head';
import type { AuditRecord } from '#libs/contracts/audit-record';
import { systemClock } from '#libs/runtime/clock';
import type { AuditGround } from '#libs/testing/audit-ground';
import { until } from '#libs/testing/until';
import { isMadeOfItsMessage } from '../../../services/audit/append/made-of-message.ts';
import { openMeshStreams } from '../../../services/audit/append/mesh-streams.ts';
import { appendUnderLease } from '../../../services/audit/append/session.ts';
import { openHeadStore } from '../../../services/audit/chain/head-store.ts';
import { openCheckpoints } from '../../../services/audit/checkpoint/checkpoints.ts';
import { openSigner } from '../../../services/audit/checkpoint/key.ts';
import type { Verifier } from '../../../services/audit/checkpoint/note.ts';
import { openCheckpointStore } from '../../../services/audit/checkpoint/store.ts';
import { chainFiles } from '../../../services/audit/file/chain-files.ts';
import { createFileHealth } from '../../../services/audit/file/file-health.ts';
import { leavesFile } from '../../../services/audit/file/leaves.ts';
import { createOrigins } from '../../../services/audit/record/origin.ts';

/** An audit as it lies on a disk and in NATS. */
export type RealLog = {
  readonly path: string;
  /** Oldest first, by their paths. */
  readonly files: ReadonlyMap<string, Buffer>;
  readonly leaves: Buffer;
  readonly notes: readonly string[];
  readonly verifier: Verifier;
  /** The number of the oldest record that is kept. */
  readonly first: number;
  readonly head: AuditHead;
  /** As the audit itself judges a record that it finds behind its head. */
  readonly isMadeOfItsMessage: (record: AuditRecord) => Promise<boolean>;
};

const rounds = 16;
const perRound = 12;

/** Lets the audit itself record some hundred facts, in files so small that there are many, of which the oldest go. */
export async function recordRealLog({ client, env, request, settled, head }: AuditGround): Promise<RealLog> {
  const { bus, health, log } = client;
  const dir = env.HEMOSTAT_DATA_DIR ?? '';
  const path = join(dir, 'small', 'audit.log');
  await mkdir(join(dir, 'small'), { recursive: true });
  const streams = openMeshStreams(bus);
  const origins = createOrigins(streams.requested);
  const store = openCheckpointStore(bus);
  const signer = openSigner(dir);
  const every = { records: perRound, ms: 60_000 };
  const stop = new AbortController();
  const appending = appendUnderLease(
    {
      bus,
      fileHealth: createFileHealth(health, log, systemClock, path),
      heads: await openHeadStore(bus),
      streams,
      origins,
      files: { path, maxBytes: 16_000, keptFiles: 9 },
      checkpoints: openCheckpoints({ store, signer, every, path, health, clock: systemClock, log }),
    },
    { signal: stop.signal, holds: () => true, renewEveryMs: 1_000 },
  );
  for (let round = 1; round <= rounds; round += 1) {
    await request(perRound);
    await settled();
    await until('a checkpoint was signed', async () => (await store.notes()).length >= round || undefined);
  }
  stop.abort();
  await appending;
  const last = await head();
  if (!last) throw new Error('there is no head');
  const names = await chainFiles(path);
  const files = new Map(await Promise.all(names.map(async (name) => [name, await readFile(name)] as const)));
  return {
    path,
    files,
    leaves: await readFile(leavesFile(path)),
    notes: await store.notes(),
    verifier: signer().verifier,
    first: last.oldest.n,
    head: last,
    isMadeOfItsMessage: (record) => isMadeOfItsMessage({ streams, origins }, record),
  };
}

export const nameOf = (path: string): string => basename(path);
