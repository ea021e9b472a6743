import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCells } from '#libs/bus/cell-store';
import { type AuditHead, appenderSchema, auditHeadSchema } from '#libs/contracts/audit-head';
import { buckets, consumers, streams } from '#libs/contracts/subjects';
import { type AuditGround, startAuditGround } from '#libs/testing/audit-ground';
import { aTarget } from '#libs/testing/examples';
import { until } from '#libs/testing/until';
import { appenderKey } from './append/lease.ts';
import { startAudit } from './service.ts';

let stack: AsyncDisposableStack;
let ground: AuditGround;
beforeEach(async () => {
  stack = new AsyncDisposableStack();
  ground = stack.use(await startAuditGround({ AUDIT_LEASE_SECONDS: '1' }));
});
afterEach(() => stack.disposeAsync());

const start = (env: NodeJS.ProcessEnv = {}): Promise<AsyncDisposable> =>
  startAudit({ env: { ...ground.env, ...env }, signal: new AbortController().signal });

/** Runs the audit until everything is heard, then stops it. */
async function runOnce(): Promise<void> {
  await using _audit = await start();
  await ground.settled();
}

type Process = {
  readonly kill9: () => Promise<void>;
  readonly stop: () => Promise<void>;
  readonly signal: (signal: NodeJS.Signals) => void;
};

function startProcess(): Process {
  const main = join(import.meta.dirname, 'main.ts');
  const env = { ...process.env, ...ground.env };
  const child = spawn(process.execPath, [main], { env, stdio: 'ignore' });
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  };
  stack.defer(() => end('SIGKILL'));
  return {
    kill9: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    signal: (signal) => void child.kill(signal),
  };
}

/** Which replica may append, and until when if it gives no sign of life. */
async function appender(): Promise<string | undefined> {
  const cells = await openCells(ground.client.bus, buckets.audit, appenderSchema);
  return (await cells.read(appenderKey)).value?.owner;
}

/** Every message of the stream stands in the file once, and each record of the file in its stream once. */
async function expectEachOnce(count: number): Promise<void> {
  const records = await ground.records();
  const sequences = records.filter(({ stream }) => stream === streams.facts).map(({ sequence }) => sequence);
  expect(sequences.toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, at) => at + 1));
  // What a crash left is known for what it is.
  expect(records.filter(({ event }) => event === 'chain_note')).toEqual([]);
  const copies = await ground.copies();
  expect(copies.map(({ record }) => record.n).toSorted((a, b) => a - b)).toEqual(records.map(({ n }) => n));
  expect(await ground.verify()).toMatchObject({ ok: true, records: records.length });
}

const spread = (count: number) => ({ target: aTarget(`patient-${count}`) });

describe('a process that dies', () => {
  it('leaves nothing out and nothing twice, killed again and again while it appends', async () => {
    const processes = [startProcess(), startProcess()];
    let published = 0;
    for (let kill = 0; kill < 6; kill += 1) {
      const lines = (await ground.lines()).length;
      const requests = Array.from({ length: 6 }, (_, at) => ground.request(60, spread(kill * 6 + at)));
      published += 360;
      await until(
        'some of them stand in the file',
        async () => (await ground.lines()).length > lines,
        20_000,
      );
      await processes.shift()?.kill9();
      processes.push(startProcess());
      await Promise.all(requests);
    }
    await Promise.all(processes.map(({ stop }) => stop()));
    await using _audit = await start();
    await ground.settled();
    await expectEachOnce(published);
  }, 120_000);

  it('is followed by one that takes over, within the time of the lease', async () => {
    const first = startProcess();
    await ground.request(1);
    await until('the first appends', async () => (await ground.lines()).length === 1);
    const before = await appender();
    await using _second = await start();
    await first.kill9();
    await until('the second takes over', async () => (await appender()) !== before, 5_000);
    await ground.request(1);
    await ground.settled();
    await expectEachOnce(2);
  });
});

describe('a process that pauses for longer than its lease', () => {
  it('finds itself overtaken, and spoils nothing', async () => {
    const sleeper = startProcess();
    await ground.request(10);
    await until('it appends', async () => (await ground.lines()).length === 10);
    const first = await appender();
    const other = startProcess();
    const requests = Array.from({ length: 5 }, (_, at) => ground.request(100, spread(at)));
    sleeper.signal('SIGSTOP');
    await Promise.all(requests);
    // What NATS has sent to a frozen process comes to nobody else: who records what cannot be waited for.
    await until('the other goes on', async () => (await appender()) !== first, 60_000);
    sleeper.signal('SIGCONT');
    other.signal('SIGSTOP');
    await ground.request(20);
    await until('the first goes on', async () => (await appender()) === first, 60_000);
    other.signal('SIGCONT');
    await ground.settled();
    await until('all is repaired', async () => (await ground.verify()).ok);
    await expectEachOnce(10 + 520);
  }, 180_000);
});

describe('two replicas', () => {
  it('record each fact once in the file that they share', async () => {
    await using _one = await start();
    await using _two = await start();
    await Promise.all(Array.from({ length: 5 }, (_, at) => ground.request(100, spread(at))));
    await ground.settled();
    await expectEachOnce(500);
  });

  it('hand over when the one that appends is stopped', async () => {
    const one = await start();
    await ground.request(1);
    await ground.settled();
    await using _two = await start();
    const requests = ground.request(300);
    await one[Symbol.asyncDispose]();
    await requests;
    await ground.settled();
    await expectEachOnce(301);
  });

  it('both answer questions', async () => {
    await using _one = await start();
    await using _two = await start();
    await ground.request(3);
    await ground.settled();
    for (let ask = 0; ask < 10; ask += 1) expect((await ground.query({})).records).toHaveLength(3);
  });
});

describe('a NATS server that dies', () => {
  it('brings nothing twice when it forgot what was acknowledged', async () => {
    await using _audit = await start();
    await ground.request(200);
    await ground.settled();
    await ground.server.kill9();
    await ground.server.restart();
    await ground.request(50);
    await ground.settled();
    await expectEachOnce(250);
  }, 60_000);

  it('keeps nothing from being recorded once it is back', async () => {
    await using _audit = await start();
    await ground.request(1);
    await ground.settled();
    await ground.server.stop();
    await ground.server.restart();
    await ground.request(10);
    await ground.settled();
    await expectEachOnce(11);
  }, 60_000);
});

async function setHead(change: (head: AuditHead) => AuditHead): Promise<void> {
  const cells = await openCells(ground.client.bus, buckets.audit, auditHeadSchema);
  const { value, revision } = await cells.read('head');
  if (!value) throw new Error('there is no head');
  expect(await cells.compareAndSet('head', revision, change(value))).toBe('stored');
}

describe('a crash between two steps', () => {
  it('after the file was written: its records are taken over, and their facts make no more when they come again', async () => {
    await ground.request(10);
    await runOnce();
    const before = await ground.head();
    await ground.request(5);
    await runOnce();
    await setHead(() => before ?? expect.fail());
    await ground.client.bus.jsm.consumers.delete(streams.facts, consumers.audit);
    await using _audit = await start();
    await ground.request(1);
    await ground.settled();
    await expectEachOnce(16);
  });

  it('in another process that wrote late, while this one goes on: its records are taken over, too', async () => {
    await ground.request(10);
    await runOnce();
    const before = await ground.head();
    await ground.request(5);
    await runOnce();
    const written = await ground.lines();
    const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');
    await truncate(ground.file, text(written.slice(0, 10)).length);
    await setHead(() => before ?? expect.fail());
    await using _audit = await start();
    await until('the chain goes on', async () => (await ground.head())?.owner !== before?.owner);
    await appendFile(ground.file, text(written.slice(10)));
    await until('they are taken over', async () => (await ground.head())?.n === 15);
    await expectEachOnce(15);
  });

  it('in the middle of writing: the torn line goes, and its fact is recorded', async () => {
    await ground.request(9);
    await runOnce();
    const [line = ''] = await ground.lines();
    await appendFile(ground.file, line.slice(0, 100));
    await ground.request(1);
    await using _audit = await start();
    await ground.settled();
    await expectEachOnce(10);
  });

  it('before the copies were made: they are made up for, each once', async () => {
    await ground.request(4);
    await runOnce();
    await ground.client.bus.jsm.streams.delete(streams.audit);
    await setHead((head) => ({ ...head, copied: { n: 0, sequence: 0 } }));
    await using _audit = await start();
    await until('the copies are there', async () => (await ground.copies()).length === 4);
    await expectEachOnce(4);
  });

  it('before the copies were confirmed: those that are there are not made again', async () => {
    await ground.request(8);
    await runOnce();
    await setHead((head) => ({ ...head, copied: { n: 3, sequence: 3 } }));
    await using _audit = await start();
    await ground.request(1);
    await ground.settled();
    await expectEachOnce(9);
  });
});

describe('a file that was tampered with while nobody looked', () => {
  it('is continued with a record that says so, and never verifies again', async () => {
    await ground.request(6);
    await runOnce();
    const lines = await ground.lines();
    await truncate(ground.file, `${lines.slice(0, 4).join('\n')}\n`.length);
    await using _audit = await start();
    await ground.request(2);
    await ground.settled();
    const records = await ground.records();
    expect(records.map(({ n }) => n)).toEqual([1, 2, 3, 4, 7, 8, 9]);
    expect(records[4]).toMatchObject({
      event: 'chain_note',
      status: 'records_missing_in_file',
      result: { file: { n: 4 }, nats: { n: 6 } },
    });
    const { broken_at } = await ground.verify();
    expect(broken_at).toMatchObject({ file: 'action_server_audit.log', line: 5 });
    expect(broken_at?.why).toContain('records 5 to 6 are missing');
    expect(broken_at?.why).toContain('says so in this record');
  });

  it('is noticed when it happens while the audit runs', async () => {
    await using _audit = await start();
    await ground.request(3);
    await ground.settled();
    await rm(ground.file);
    await ground.request(2);
    await ground.settled();
    const records = await ground.records();
    expect(records.map(({ event }) => event)).toEqual(['chain_note', 'requested', 'requested']);
    expect((await ground.verify()).broken_at?.why).toContain('records 1 to 3 are missing');
  });
});

describe('a stream that began again', () => {
  it('is recorded from its beginning, though its sequences were used before', async () => {
    await ground.request(5);
    await runOnce();
    await ground.client.bus.jsm.streams.delete(streams.facts);
    await using _audit = await start();
    await ground.request(3);
    await ground.settled();
    const sequences = (await ground.records()).map(({ sequence }) => sequence);
    expect(sequences).toEqual([1, 2, 3, 4, 5, 1, 2, 3]);
    expect(await ground.verify()).toMatchObject({ ok: true, records: 8 });
  });

  it('and a NATS without any memory: the chain goes on from the file, and says so', async () => {
    await ground.request(5);
    await runOnce();
    for (const stream of [streams.facts, streams.audit, `KV_${buckets.audit}`])
      await ground.client.bus.jsm.streams.delete(stream);
    await using _audit = await start();
    await ground.request(2);
    await ground.settled();
    const records = await ground.records();
    expect(records.map(({ n }) => n)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(records[5]).toMatchObject({ event: 'chain_note', status: 'head_missing_in_nats' });
    expect(await ground.verify()).toMatchObject({ ok: true, records: 8 });
  });
});
