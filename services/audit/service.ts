import { type CellStore, legible, openCells } from '#libs/bus/cell-store';
import { type OpenOptions, openService, type ServiceContext } from '#libs/bus/open-service';
import { type Served, serve, serveRpc } from '#libs/bus/rpc';
import { type Appender, appenderSchema } from '#libs/contracts/audit-head';
import { auditVerbs } from '#libs/contracts/rpc';
import { buckets, rpcSubject } from '#libs/contracts/subjects';
import { version } from '#libs/contracts/version';
import type { Log } from '#libs/runtime/log';
import { appendWhileLeased } from './append/lease.ts';
import { type MeshStreams, openMeshStreams } from './append/mesh-streams.ts';
import { appendUnderLease } from './append/session.ts';
import { ownTroubles, troublesOfWriter, withWaiting } from './ask/file-trouble.ts';
import { prove } from './ask/prove.ts';
import { query } from './ask/query.ts';
import { verifierFor } from './ask/verifier-for.ts';
import { type Verification, verifyChain } from './ask/verify.ts';
import { type HeadStore, headKey, openHeadStore } from './chain/head-store.ts';
import { type Checkpoints, openCheckpoints } from './checkpoint/checkpoints.ts';
import { openSigner } from './checkpoint/key.ts';
import { writeVerifier } from './checkpoint/note.ts';
import { openCheckpointStore } from './checkpoint/store.ts';
import { readAuditConfig } from './config.ts';
import { createFileHealth } from './file/file-health.ts';
import { createOrigins } from './record/origin.ts';

/** Records every fact in a chain of hashes, and answers from it. Of several replicas one appends; all of them answer. */
export async function startAudit(options: OpenOptions): Promise<AsyncDisposable> {
  const { files, leaseMs, dataDir, checkpointEvery } = readAuditConfig(options.env);
  await using stack = new AsyncDisposableStack();
  const context = stack.use(await openService('audit', options));
  const { bus, clock, log, health } = context;
  const streams = openMeshStreams(bus);
  const heads = await openHeadStore(bus);
  const fileHealth = createFileHealth(health, log, clock, files.path);
  const checkpoints = openCheckpoints({
    store: openCheckpointStore(bus),
    signer: openSigner(dataDir),
    every: checkpointEvery,
    path: files.path,
    health,
    clock,
    log,
  });
  tellKey(checkpoints, log);
  const origins = createOrigins(streams.requested);
  const ports = { bus, fileHealth, heads, streams, origins, files, checkpoints };
  const cells = await openCells(bus, buckets.audit, appenderSchema);
  const lease = {
    cells,
    troubles: () => ownTroubles(health),
    owner: bus.nonce,
    leaseMs,
    clock,
    log,
  };
  fileHealth.good();
  stack.use(appendWhileLeased(lease, (held) => appendUnderLease(ports, held)));
  stack.use(
    await serveRpc(
      bus,
      {
        name: 'audit',
        version,
        description: 'Records every fact in a chain of hashes, and answers from it.',
      },
      verbs(context, streams, await openHeadStore(bus), cells, checkpoints),
    ),
  );
  return stack.move();
}

/** Whoever wants to be sure later writes it down now. */
function tellKey(checkpoints: Checkpoints, log: Log): void {
  const verifier = verifierFor(checkpoints, undefined);
  if (verifier)
    log.info(
      { verifier_key: writeVerifier(verifier) },
      'checkpoints of the audit are signed with this key; keep a copy of it elsewhere, for audit verify --key',
    );
}

function verbs(
  { bus, clock, health, settings }: ServiceContext,
  streams: MeshStreams,
  heads: Pick<HeadStore, 'read'>,
  cells: CellStore<Appender>,
  checkpoints: Checkpoints,
): readonly Served[] {
  const { path } = checkpoints;
  const longestMessage = bus.nc.info?.max_payload ?? 1024 * 1024;
  const ports = {
    streams,
    path,
    clock,
    longestAnswerBytes: Math.floor(longestMessage * 0.8),
    keptPerTarget: settings.HEMOSTAT_AUDIT_PER_TARGET,
  };
  // Reading the whole audit once is enough for all who ask meanwhile.
  const underWay = new Map<string | undefined, Promise<Verification>>();
  const verify = (key: string | undefined): Promise<Verification> => {
    const begun = underWay.get(key);
    if (begun) return begun;
    const witnesses = {
      head: () => legible(heads.read(), buckets.audit, headKey),
      notes: checkpoints.store.notes,
      verifier: verifierFor(checkpoints, key),
    };
    const made = verifyChain(path, witnesses, clock).finally(() => underWay.delete(key));
    underWay.set(key, made);
    return made;
  };
  const troubles = () => troublesOfWriter(cells, bus.nonce, health);
  return [
    serve('query', rpcSubject('audit', 'query'), auditVerbs.query, (asked) => query(ports, asked)),
    serve('verify', rpcSubject('audit', 'verify'), auditVerbs.verify, async ({ key }) =>
      withWaiting(await verify(key), (await troubles()).trouble, streams),
    ),
    serve('prove', rpcSubject('audit', 'prove'), auditVerbs.prove, ({ remediation_id: id }) =>
      prove({ ...ports, checkpoints }, id),
    ),
    serve('health', rpcSubject('audit', 'health'), auditVerbs.health, async () => {
      const { trouble = null, checkpoints: unsigned = null } = await troubles();
      return { trouble, checkpoints: unsigned };
    }),
  ];
}
