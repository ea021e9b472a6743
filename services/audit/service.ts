import { type CellStore, openCells } from '#libs/bus/cell-store';
import { type OpenOptions, openService, type ServiceContext } from '#libs/bus/open-service';
import { type Served, serve, serveRpc } from '#libs/bus/rpc';
import { type Appender, appenderSchema } from '#libs/contracts/audit-head';
import { auditVerbs } from '#libs/contracts/rpc';
import { buckets, rpcSubject } from '#libs/contracts/subjects';
import { version } from '#libs/contracts/version';
import { appendWhileLeased } from './append/lease.ts';
import { type MeshStreams, openMeshStreams } from './append/mesh-streams.ts';
import { appendUnderLease } from './append/session.ts';
import { ownTrouble, troubleOfWriter, withWaiting } from './ask/file-trouble.ts';
import { query } from './ask/query.ts';
import { type Verification, verifyChain } from './ask/verify.ts';
import { type HeadStore, openHeadStore } from './chain/head-store.ts';
import { readAuditConfig } from './config.ts';
import { createFileHealth } from './file/file-health.ts';
import { createOrigins } from './record/origin.ts';

/** Records every fact in a chain of hashes, and answers from it. Of several replicas one appends; all of them answer. */
export async function startAudit(options: OpenOptions): Promise<AsyncDisposable> {
  const { files, leaseMs } = readAuditConfig(options.env);
  await using stack = new AsyncDisposableStack();
  const context = stack.use(await openService('audit', options));
  const { bus, clock, log, health } = context;
  const streams = openMeshStreams(bus);
  const heads = await openHeadStore(bus);
  const fileHealth = createFileHealth(health, log, clock, files.path);
  const ports = { bus, fileHealth, heads, streams, origins: createOrigins(streams.requested), files };
  const cells = await openCells(bus, buckets.audit, appenderSchema);
  const lease = {
    cells,
    trouble: () => ownTrouble(health),
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
      verbs(context, streams, await openHeadStore(bus), cells, files.path),
    ),
  );
  return stack.move();
}

function verbs(
  { bus, clock, health, settings }: ServiceContext,
  streams: MeshStreams,
  heads: Pick<HeadStore, 'read'>,
  cells: CellStore<Appender>,
  path: string,
): readonly Served[] {
  const longestMessage = bus.nc.info?.max_payload ?? 1024 * 1024;
  const ports = {
    streams,
    path,
    clock,
    longestAnswerBytes: Math.floor(longestMessage * 0.8),
    keptPerTarget: settings.HEMOSTAT_AUDIT_PER_TARGET,
  };
  let underWay: Promise<Verification> | undefined;
  const verify = (): Promise<Verification> => {
    underWay ??= verifyChain(path, heads.read, clock).finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
  const trouble = () => troubleOfWriter(cells, bus.nonce, health);
  return [
    serve('query', rpcSubject('audit', 'query'), auditVerbs.query, (asked) => query(ports, asked)),
    serve('verify', rpcSubject('audit', 'verify'), auditVerbs.verify, async () =>
      withWaiting(await verify(), await trouble(), streams),
    ),
    serve('health', rpcSubject('audit', 'health'), auditVerbs.health, async () => ({
      trouble: (await trouble()) ?? null,
    })),
  ];
}
