import { readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCells } from '#libs/bus/cell-store';
import { callRpc } from '#libs/bus/rpc';
import { type AuditHead, auditHeadSchema } from '#libs/contracts/audit-head';
import { auditVerbs } from '#libs/contracts/rpc';
import { buckets, rpcSubject, streams } from '#libs/contracts/subjects';
import { type AuditGround, startAuditGround } from '#libs/testing/audit-ground';
import { until } from '#libs/testing/until';
import { checkProof } from './ask/check-proof.ts';
import { type Checkpoint, openCheckpoint } from './checkpoint/checkpoint.ts';
import { checkpointsIn } from './checkpoint/collect.ts';
import { checkpointKeyFile, readVerifierFile, verifierKeyFile } from './checkpoint/key.ts';
import type { Verifier } from './checkpoint/note.ts';
import { openCheckpointStore } from './checkpoint/store.ts';
import { leavesFile } from './file/leaves.ts';
import { startAudit } from './service.ts';
import { emptyTree, grow, rootOf } from './tree/frontier.ts';
import { leafHash } from './tree/hashes.ts';

let stack: AsyncDisposableStack;
let ground: AuditGround;
let logged: string[];
beforeEach(async () => {
  stack = new AsyncDisposableStack();
  logged = [];
  ground = stack.use(await startAuditGround({ AUDIT_LEASE_SECONDS: '1', AUDIT_CHECKPOINT_RECORDS: '10' }));
});
afterEach(() => stack.disposeAsync());

const start = (env: NodeJS.ProcessEnv = {}): Promise<AsyncDisposable> =>
  startAudit({
    env: { ...ground.env, ...env },
    signal: new AbortController().signal,
    logDestination: { write: (line) => void logged.push(line) },
  });
async function runOnce(env: NodeJS.ProcessEnv = {}): Promise<void> {
  await using _audit = await start(env);
  await ground.settled();
}

const dataDir = (): string => ground.env.HEMOSTAT_DATA_DIR ?? '';
const verifier = (): Verifier => readVerifierFile(verifierKeyFile(dataDir())) ?? expect.fail();
const notes = (): Promise<readonly string[]> => openCheckpointStore(ground.client.bus).notes();
async function checkpoints(): Promise<readonly Checkpoint[]> {
  return (await notes()).map((note) => openCheckpoint(note, verifier()) ?? expect.fail(note));
}
async function expectTrueRoots(): Promise<void> {
  const leaves = (await ground.lines()).map((line) => leafHash(line));
  const all = await checkpoints();
  for (const { size, root } of all) expect(rootOf(grow(emptyTree, leaves.slice(0, size)))).toEqual(root);
  expect(all.map(({ size }) => size)).toEqual(
    [...new Set(all.map(({ size }) => size))].sort((a, b) => a - b),
  );
}
const reach = (size: number): Promise<unknown> =>
  until(
    `a checkpoint of ${size} records`,
    async () => (await checkpoints()).at(-1)?.size === size || undefined,
  );
const prove = (id: string) =>
  callRpc(
    ground.client.bus,
    rpcSubject('audit', 'prove'),
    auditVerbs.prove,
    { remediation_id: id },
    { timeoutMs: 15_000 },
  );
async function setHead(change: (head: AuditHead) => AuditHead): Promise<void> {
  const cells = await openCells(ground.client.bus, buckets.audit, auditHeadSchema);
  const { value, revision } = await cells.read('head');
  expect(await cells.compareAndSet('head', revision, change(value ?? expect.fail()))).toBe('stored');
}

describe('checkpoints', () => {
  it('are signed after so many records, and for fewer when the time is up', async () => {
    await using _audit = await start({ AUDIT_CHECKPOINT_SECONDS: '1' });
    await ground.request(10);
    await reach(10);
    await ground.request(3);
    await reach(13);
    await expectTrueRoots();
    expect(await ground.verify()).toMatchObject({
      ok: true,
      signed: { proved_records: 13, unsigned_records: 0 },
    });
  });

  it('stand in the log, too, with the key to check them known to whoever runs the service', async () => {
    await ground.request(4);
    await runOnce({ LOG_LEVEL: 'info' });
    const [saved = ''] = checkpointsIn(logged.join(''));
    expect(openCheckpoint(saved, verifier())).toMatchObject({ size: 4 });
    expect((await readFile(checkpointKeyFile(dataDir()), 'utf8')).split('\n')[0]).toContain('PRIVATE KEY');
  });

  it('are one line of truth over restarts and several replicas', async () => {
    for (let round = 0; round < 3; round += 1) {
      await using _one = await start();
      await using _two = await start();
      await Promise.all([ground.request(25), ground.request(8)]);
      await ground.settled();
    }
    await reach(99);
    await expectTrueRoots();
  });

  it('are not signed twice when nothing was recorded since', async () => {
    await ground.request(3);
    await runOnce();
    await runOnce();
    expect(await checkpoints()).toHaveLength(1);
  });

  it('go on from the files when the bucket of the audit is lost', async () => {
    await ground.request(12);
    await runOnce();
    await ground.client.bus.jsm.streams.delete(`KV_${buckets.audit}`);
    await ground.client.bus.jsm.streams.delete(streams.facts);
    await using _audit = await start();
    await ground.request(9);
    await ground.settled();
    await reach(22);
    await expectTrueRoots();
  });
});

describe('no checkpoint is signed', () => {
  const trouble = (): Promise<string> =>
    until('it is told', () => logged.find((line) => line.includes('NO CHECKPOINT OF THE AUDIT IS SIGNED')));

  it('for an audit that was put back to an earlier state, in the file and in NATS', async () => {
    await ground.request(5);
    await runOnce();
    const [head, text] = [await ground.head(), await readFile(ground.file)];
    await ground.request(10);
    await runOnce();
    await setHead(() => head ?? expect.fail());
    await truncate(ground.file, text.length);
    await using _audit = await start({ LOG_LEVEL: 'error' });
    expect(await trouble()).toContain('it speaks of 15 records, and the audit has');
    expect((await checkpoints()).at(-1)?.size).toBe(15);
    expect(await ground.verify()).toMatchObject({
      ok: false,
      broken_at: { why: expect.stringContaining('below a signed checkpoint, but not here') },
      signed: { proved_records: 5 },
    });
  });

  it('for an audit in which another one was put into its place, and NATS told to forget its head', async () => {
    await ground.request(5);
    await runOnce();
    await ground.client.bus.jsm.streams.purge(`KV_${buckets.audit}`);
    await ground.client.bus.jsm.streams.delete(streams.facts);
    await rm(ground.file);
    await using _audit = await start({ LOG_LEVEL: 'error' });
    await ground.request(9);
    expect(await trouble()).toMatch(/other records|speaks of 5 records/);
    expect(await notes()).toHaveLength(1);
  });

  it('with another key than the last', async () => {
    await ground.request(5);
    await runOnce();
    await rm(checkpointKeyFile(dataDir()));
    await ground.request(10);
    await using _audit = await start({ LOG_LEVEL: 'error' });
    expect(await trouble()).toContain('not signed with the key of this audit service');
    expect(await notes()).toHaveLength(1);
    expect(await ground.verify()).toMatchObject({
      ok: false,
      signed: { trouble: expect.stringContaining('another key') },
    });
    const asked = callRpc(
      ground.client.bus,
      rpcSubject('audit', 'health'),
      auditVerbs.health,
      {},
      { timeoutMs: 5_000 },
    );
    expect(await asked).toMatchObject({
      trouble: null,
      checkpoints: { cause: expect.stringContaining('not signed with the key'), remedy: expect.any(String) },
    });
  });
});

describe('files that are removed because enough newer ones are kept', () => {
  const big = { ttlMs: 1, endpoint: 'x'.repeat(100) };
  beforeEach(async () => {
    for (let round = 0; round < 12; round += 1) await ground.request(200, big);
    await runOnce({ AUDIT_FILE_MAX_MIB: '1', AUDIT_FILES_KEPT: '1', AUDIT_CHECKPOINT_RECORDS: '500' });
    stack.use(
      await start({ AUDIT_FILE_MAX_MIB: '1', AUDIT_FILES_KEPT: '1', AUDIT_CHECKPOINT_RECORDS: '500' }),
    );
  });

  it('leave the hashes of their records, so that every checkpoint still counts', async () => {
    const { ok, records, signed } = await ground.verify();
    expect({ ok, ...signed }).toMatchObject({
      ok: true,
      proved_records: 2_400,
      removed_records: 2_400 - records,
    });
    expect(signed.removed_records).toBeGreaterThan(0);
    expect(signed.checkpoints).toBeGreaterThan(2);
  });

  it('leave hashes that nobody can change or take away unnoticed', async () => {
    const whole = await readFile(leavesFile(ground.file));
    await writeFile(leavesFile(ground.file), Buffer.from(whole).fill(1, 40, 41));
    expect(await ground.verify()).toMatchObject({
      ok: false,
      broken_at: { file: 'action_server_audit.log.leaves' },
    });
    await rm(leavesFile(ground.file));
    expect((await ground.verify()).broken_at?.why).toContain('their hashes are not in this one');
    await writeFile(leavesFile(ground.file), whole);
    expect(await ground.verify()).toMatchObject({ ok: true });
  });
});

describe('a proof', () => {
  it('shows with the key alone that the records of a remediation stand in the audit', async () => {
    await using _audit = await start();
    const [id = ''] = await ground.request(25);
    await ground.settled();
    const proof = await prove(id);
    expect(proof).toMatchObject({
      remediation_id: id,
      not_yet: [],
      records: [{ record: { event: 'requested' } }],
    });
    expect(checkProof(proof, verifier())).toMatchObject({ records: 1, of: { size: 25 } });
    const [entry = expect.fail()] = proof.records;
    const forged = { ...proof, records: [{ ...entry, record: { ...entry.record, user: 'another' } }] };
    expect(checkProof(forged, verifier())).toHaveProperty('why');
    expect(checkProof({ ...proof, remediation_id: 'another' }, verifier())).toHaveProperty('why');
    expect(checkProof({ ...proof, records: [] }, verifier())).toHaveProperty('why');
  });

  it('of a remediation that nobody knows there is none', async () => {
    await using _audit = await start();
    await expect(prove('00000000-0000-4000-8000-000000000000')).rejects.toMatchObject({ code: 'not_found' });
  });
});
