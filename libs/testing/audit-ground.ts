import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { z } from 'zod';
import { openCells } from '#libs/bus/cell-store';
import { stateFact } from '#libs/bus/fact';
import { openService, type ServiceContext } from '#libs/bus/open-service';
import { callRpc } from '#libs/bus/rpc';
import { type AuditHead, auditHeadSchema } from '#libs/contracts/audit-head';
import { type AuditRecord, auditRecordSchema } from '#libs/contracts/audit-record';
import { requestedSchema } from '#libs/contracts/facts';
import { auditVerbs } from '#libs/contracts/rpc';
import { buckets, consumers, requestedSubject, rpcSubject, streams } from '#libs/contracts/subjects';
import { aRequested, aTarget, type RequestedExample } from './examples.ts';
import { type NatsServer, startNatsServer } from './nats-server.ts';
import { until } from './until.ts';

/** NATS and a data folder for the audit, and what a test asks about them. The audit itself is started by the test. */
export interface AuditGround extends AsyncDisposable {
  readonly server: NatsServer;
  readonly client: ServiceContext;
  readonly env: NodeJS.ProcessEnv;
  readonly file: string;
  /** States that many requests for remediation, through any absence of NATS; resolves with their ids. */
  request(count: number, example?: Partial<RequestedExample>): Promise<readonly string[]>;
  /** Publishes anything into a stream. */
  publish(subject: string, body: string): Promise<void>;
  /** Every message that the audit hears is acknowledged. */
  settled(withinMs?: number): Promise<void>;
  lines(file?: string): Promise<readonly string[]>;
  records(file?: string): Promise<readonly AuditRecord[]>;
  /** What stands in the stream of the audit. */
  copies(): Promise<readonly { readonly subject: string; readonly record: AuditRecord }[]>;
  head(): Promise<AuditHead | undefined>;
  query(filter: z.input<typeof auditVerbs.query.request>): Promise<z.output<typeof auditVerbs.query.reply>>;
  verify(): Promise<z.output<typeof auditVerbs.verify.reply>>;
}

export async function startAuditGround(settings: NodeJS.ProcessEnv = {}): Promise<AuditGround> {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await startNatsServer());
  const dir = await mkdtemp(join(tmpdir(), 'hemostat-audit-'));
  stack.defer(() => rm(dir, { recursive: true, force: true }));
  const env = {
    NATS_URL: server.url,
    LOG_LEVEL: 'silent',
    HEMOSTAT_DATA_DIR: dir,
    // So that all copies stay to be counted.
    HEMOSTAT_AUDIT_PER_TARGET: '100000',
    ...settings,
  };
  const client = stack.use(await openService('test', { env, signal: new AbortController().signal }));
  const { bus } = client;
  const cells = await openCells(bus, buckets.audit, auditHeadSchema);
  const file = join(dir, 'action_server_audit.log');
  const lines = async (name = file): Promise<readonly string[]> => {
    const text = await readFile(name, 'utf8').catch(() => '');
    return text.split('\n').slice(0, -1);
  };
  const publish = async (subject: string, body: string): Promise<void> => {
    await bus.js.publish(subject, body);
  };
  const isSettled = async (stream: string, consumer: string): Promise<boolean> => {
    // The server tells its consumers of a message a moment after it has confirmed it: until then none is pending.
    const { last_seq } = (await bus.jsm.streams.info(stream)).state;
    const { num_pending, num_ack_pending, delivered } = await bus.jsm.consumers.info(stream, consumer);
    return num_pending === 0 && num_ack_pending === 0 && delivered.stream_seq >= last_seq;
  };
  const owned = stack.move();
  return {
    server,
    client,
    env,
    file,
    publish,
    lines,
    request: async (count, example = {}) => {
      const ids = Array.from({ length: count }, () => randomUUID());
      await Promise.all(
        ids.map((id) => {
          const requested = aRequested({ target: aTarget(), id, ...example });
          return stateFact(bus, requestedSubject(id), requestedSchema, requested);
        }),
      );
      return ids;
    },
    settled: async (withinMs = 30_000) => {
      const both = async (): Promise<true | undefined> => {
        const facts = await isSettled(streams.facts, consumers.audit);
        return facts && (await isSettled(streams.dead, consumers.auditDead)) ? true : undefined;
      };
      await until('the audit has heard everything', both, withinMs);
    },
    records: async (name) => (await lines(name)).map((line) => auditRecordSchema.parse(JSON.parse(line))),
    copies: async () => {
      const { last_seq } = (await bus.jsm.streams.info(streams.audit)).state;
      const all = Array.from({ length: last_seq }, (_, at) =>
        bus.jsm.streams.getMessage(streams.audit, { seq: at + 1 }),
      );
      return (await Promise.all(all)).flatMap((message) =>
        message === null ? [] : { subject: message.subject, record: auditRecordSchema.parse(message.json()) },
      );
    },
    head: async () => (await cells.read('head')).value,
    query: (filter) =>
      callRpc(bus, rpcSubject('audit', 'query'), auditVerbs.query, filter, { timeoutMs: 15_000 }),
    verify: () => callRpc(bus, rpcSubject('audit', 'verify'), auditVerbs.verify, {}, { timeoutMs: 15_000 }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
