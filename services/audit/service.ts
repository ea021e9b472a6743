import { openCells } from '#libs/bus/cell-store';
import { type OpenOptions, openService, type ServiceContext } from '#libs/bus/open-service';
import { type Served, serve, serveRpc } from '#libs/bus/rpc';
import { appenderSchema } from '#libs/contracts/audit-head';
import { auditVerbs } from '#libs/contracts/rpc';
import { buckets, rpcSubject } from '#libs/contracts/subjects';
import { version } from '#libs/contracts/version';
import { appendWhileLeased } from './append/lease.ts';
import { type MeshStreams, openMeshStreams } from './append/mesh-streams.ts';
import { appendUnderLease } from './append/session.ts';
import { query } from './ask/query.ts';
import { type Verification, verifyChain } from './ask/verify.ts';
import { type HeadStore, openHeadStore } from './chain/head-store.ts';
import { readAuditConfig } from './config.ts';
import { createOrigins } from './record/origin.ts';

/** Records every fact in a chain of hashes, and answers from it. Of several replicas one appends; all of them answer. */
export async function startAudit(options: OpenOptions): Promise<AsyncDisposable> {
  const { files, leaseMs } = readAuditConfig(options.env);
  await using stack = new AsyncDisposableStack();
  const context = stack.use(await openService('audit', options));
  const { bus, clock, log, health } = context;
  const streams = openMeshStreams(bus);
  const heads = await openHeadStore(bus);
  const ports = { bus, health, heads, streams, origins: createOrigins(streams.requested), files };
  const lease = {
    cells: await openCells(bus, buckets.audit, appenderSchema),
    owner: bus.nonce,
    leaseMs,
    clock,
    log,
  };
  health.report('audit_file', { ok: true });
  stack.use(appendWhileLeased(lease, (held) => appendUnderLease(ports, held)));
  stack.use(
    await serveRpc(
      bus,
      {
        name: 'audit',
        version,
        description: 'Records every fact in a chain of hashes, and answers from it.',
      },
      verbs(context, streams, await openHeadStore(bus), files.path),
    ),
  );
  return stack.move();
}

function verbs(
  { bus, clock, settings }: ServiceContext,
  streams: MeshStreams,
  heads: Pick<HeadStore, 'read'>,
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
  return [
    serve('query', rpcSubject('audit', 'query'), auditVerbs.query, (asked) => query(ports, asked)),
    serve('verify', rpcSubject('audit', 'verify'), auditVerbs.verify, verify),
  ];
}
