import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { callRpc } from '#libs/bus/rpc';
import { auditVerbs } from '#libs/contracts/rpc';
import { consumers, rpcSubject, streams } from '#libs/contracts/subjects';
import { type AuditGround, startAuditGround } from '#libs/testing/audit-ground';
import { until } from '#libs/testing/until';
import { startAudit } from './service.ts';

let stack: AsyncDisposableStack;
let ground: AuditGround;
beforeEach(async () => {
  stack = new AsyncDisposableStack();
  ground = stack.use(await startAuditGround({ AUDIT_LEASE_SECONDS: '1' }));
});
afterEach(() => stack.disposeAsync());

const start = async (env: NodeJS.ProcessEnv = {}): Promise<void> => {
  stack.use(await startAudit({ env: { ...ground.env, ...env }, signal: new AbortController().signal }));
};

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((closed) => server.close(() => closed()));
  return port;
}

type Part = { readonly ok: boolean; readonly cause?: string; readonly remedy?: string };

async function startWithHealth(env: NodeJS.ProcessEnv): Promise<() => Promise<Part | undefined>> {
  const port = await freePort();
  await start({ ...env, HEMOSTAT_HEALTH_PORT: String(port) });
  return async () => {
    const response = await fetch(`http://127.0.0.1:${port}/health`);
    const { parts } = (await response.json()) as { parts: Record<string, Part> };
    return parts.audit_file;
  };
}

const acknowledged = async (): Promise<number> =>
  (await ground.client.bus.jsm.consumers.info(streams.facts, consumers.audit)).ack_floor.stream_seq;

describe('a file that cannot be written', () => {
  it('is told with cause and remedy, acknowledges nothing, and is recovered from without help', async () => {
    await mkdir(ground.file);
    const health = await startWithHealth({});
    await ground.request(5);
    const part = await until('the health says so', async () => {
      const now = await health();
      return now?.ok === false ? now : undefined;
    });
    expect(part.cause).toContain(`${ground.file} cannot be written`);
    expect(part.remedy).toContain('nothing is lost');
    expect(await acknowledged()).toBe(0);
    const { ok, broken_at, waiting } = await ground.verify();
    expect({ ok, waiting }).toMatchObject({ ok: false, waiting: { facts: 5, cause: part.cause } });
    expect(broken_at?.why).toContain('cannot be read: its name is taken');
    expect(broken_at?.why).toContain('set AUDIT_FILE to another name');
    await rm(ground.file, { recursive: true });
    await ground.settled();
    expect(await ground.records()).toHaveLength(5);
    expect(await health()).toEqual({ ok: true });
    expect(await ground.verify()).toMatchObject({ ok: true, records: 5, waiting: null });
  });

  it('is no verified audit, and every replica says why', async () => {
    const env = { AUDIT_FILE: '/dev/full' };
    await start(env);
    await start(env);
    await ground.request(3);
    const { bus } = ground.client;
    const ask = () =>
      callRpc(bus, rpcSubject('audit', 'health'), auditVerbs.health, {}, { timeoutMs: 5_000 });
    await until('each replica knows', async () => {
      const answers = await Promise.all(Array.from({ length: 12 }, ask));
      return answers.every(({ trouble }) => trouble?.cause.includes('/dev/full')) ? true : undefined;
    });
    expect(await ground.verify()).toMatchObject({
      ok: false,
      waiting: {
        facts: 3,
        cause: expect.stringContaining('/dev/full'),
        remedy: expect.stringContaining('AUDIT_FILE'),
      },
    });
  });

  it.runIf(process.getuid?.() === 0 && process.platform === 'linux')(
    'because its disk is full leaves no half line, and goes on when there is room',
    async () => {
      const disk = await mkdtemp(join(tmpdir(), 'hemostat-small-disk-'));
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', disk]);
      stack.defer(async () => {
        execFileSync('umount', ['-l', disk]);
        await rm(disk, { recursive: true });
      });
      const file = join(disk, 'audit.log');
      await writeFile(join(disk, 'ballast'), 'x'.repeat(200 * 1024));
      const health = await startWithHealth({ AUDIT_FILE: file });
      await ground.request(100);
      const part = await until('the health says so', async () => {
        const now = await health();
        return now?.ok === false ? now : undefined;
      });
      expect(part).toMatchObject({ cause: expect.stringContaining('disk is full') });
      expect(await acknowledged()).toBeLessThan(100);
      await rm(join(disk, 'ballast'));
      await ground.settled();
      expect((await ground.records(file)).map(({ n }) => n)).toEqual(
        Array.from({ length: 100 }, (_, at) => at + 1),
      );
      expect(await ground.verify()).toMatchObject({ ok: true, records: 100 });
    },
    60_000,
  );
});

describe('a file that is full', () => {
  const names = async (): Promise<readonly string[]> =>
    (await readdir(dirname(ground.file))).filter((name) => name.startsWith('action_server_audit')).sort();
  const big = { ttlMs: 1, endpoint: 'x'.repeat(100) };

  it('gets a number, and the chain goes on in the next', async () => {
    await start({ AUDIT_FILE_MAX_MIB: '1' });
    for (let round = 0; round < 10; round += 1) await ground.request(200, big);
    await ground.settled();
    expect((await names()).length).toBeGreaterThan(2);
    expect(await ground.verify()).toMatchObject({
      ok: true,
      records: 2_000,
      files: expect.arrayContaining(['action_server_audit.log.1']),
    });
    const { records } = await ground.query({ limit: 400 });
    expect(records.map(({ n }) => n)).toEqual(Array.from({ length: records.length }, (_, at) => 2_000 - at));
  }, 60_000);

  it('is removed when enough newer ones are kept, and the rest still verifies', async () => {
    await start({ AUDIT_FILE_MAX_MIB: '1', AUDIT_FILES_KEPT: '1' });
    for (let round = 0; round < 15; round += 1) await ground.request(200, big);
    await ground.settled();
    const kept = await names();
    expect(kept).toEqual([
      'action_server_audit.log',
      expect.stringMatching(/log\.\d+$/),
      'action_server_audit.log.leaves',
    ]);
    expect(kept).not.toContain('action_server_audit.log.1');
    const verified = await ground.verify();
    expect(verified).toMatchObject({ ok: true });
    expect(verified.records).toBeLessThan(3_000);
    expect((await ground.head())?.oldest.n).toBe(3_000 - verified.records + 1);
  }, 60_000);
});
