import { appendFile, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditRecord } from '#libs/contracts/audit-record';
import { streams } from '#libs/contracts/subjects';
import { type AuditGround, startAuditGround } from '#libs/testing/audit-ground';
import { until } from '#libs/testing/until';
import { type Draft, seal } from './chain/seal.ts';
import { openCheckpointStore } from './checkpoint/store.ts';
import { startAudit } from './service.ts';

let stack: AsyncDisposableStack;
let ground: AuditGround;
let logged: string[];
beforeEach(async () => {
  stack = new AsyncDisposableStack();
  logged = [];
  ground = stack.use(await startAuditGround({ AUDIT_LEASE_SECONDS: '1', AUDIT_CHECKPOINT_RECORDS: '1' }));
});
afterEach(() => stack.disposeAsync());

const start = (): Promise<AsyncDisposable> =>
  startAudit({
    env: { ...ground.env, LOG_LEVEL: 'error' },
    signal: new AbortController().signal,
    logDestination: { write: (line) => void logged.push(line) },
  });

async function last(): Promise<AuditRecord> {
  return (await ground.records()).at(-1) ?? expect.fail();
}
/** What a record says, whatever its place. */
function draftOf({ n: _n, prev: _prev, hash: _hash, ...draft }: AuditRecord): Draft {
  return draft;
}
const lie = { user: 'mallory', reason: 'never happened' };

/** A line that fits behind the last one. */
async function fitting(change: Partial<Draft>): Promise<string> {
  const record = await last();
  return `${seal({ ...draftOf(record), ...change }, record).line}\n`;
}
const append = async (change: Partial<Draft>): Promise<void> =>
  appendFile(ground.file, await fitting(change));

async function setAside(): Promise<string> {
  const names = await readdir(dirname(ground.file));
  const aside = names.filter((name) => name.includes('.unknown-'));
  expect(aside).toHaveLength(1);
  return readFile(join(dirname(ground.file), aside[0] ?? ''), 'utf8');
}

async function expectNothingBelieved(line: string): Promise<void> {
  const records = await ground.records();
  const facts = records.filter(({ stream }) => stream === streams.facts).map(({ sequence }) => sequence);
  expect(facts).toEqual(facts.map((_, at) => at + 1));
  expect(records.map(({ user }) => user)).not.toContain('mallory');
  expect(JSON.stringify(await ground.copies())).not.toContain('mallory');
  expect(records[5]).toMatchObject({
    event: 'chain_note',
    status: 'unknown_records_set_aside',
    result: { nats: { n: 5 }, file: { n: 6 } },
  });
  expect(await setAside()).toContain(line.trimEnd());
  expect(logged.join('')).toContain('find out who');
  const notes = await openCheckpointStore(ground.client.bus).notes();
  expect(notes.length).toBeGreaterThan(1);
  // Each checkpoint is held against the lines that stay: none of them may have spoken of the other one.
  expect(await ground.verify()).toMatchObject({ ok: true, signed: { trouble: null, unsigned_records: 0 } });
}

describe('a record that somebody adds at the end of the file, its hashes fitting,', () => {
  it.each<[string, () => Promise<Partial<Draft>>]>([
    ['of a message that there is not', async () => ({ ...lie, sequence: 999 })],
    ['of a message that waits, in other words', async () => ({ ...lie, sequence: 6 })],
    ['of a message that waits, at another time', async () => ({ sequence: 6 })],
    ['of a message that is recorded already', async () => draftOf(await last())],
    [
      'of a stream that is none of the audit',
      async () => ({ ...lie, stream: 'HEMOSTAT_INBOX', sequence: 1 }),
    ],
    ['of a stream that there is not', async () => ({ ...lie, stream: 'NONE', sequence: 1 })],
    [
      'as a note of the audit itself',
      async () => ({ ...lie, stream: streams.audit, sequence: 6, event: 'chain_note' }),
    ],
  ])('%s, is set aside, told and never signed', async (_, forge) => {
    {
      await using _audit = await start();
      await ground.request(5);
      await ground.settled();
    }
    await ground.request(1);
    const line = await fitting(await forge());
    await appendFile(ground.file, line);
    {
      await using _audit = await start();
      await ground.request(2);
      await ground.settled();
      expect((await ground.records()).filter(({ stream }) => stream === streams.facts)).toHaveLength(8);
    }
    await using _audit = await start();
    await expectNothingBelieved(line);
  });

  it('is set aside while the audit runs, without a further append', async () => {
    await using _audit = await start();
    await ground.request(5);
    await ground.settled();
    const line = await fitting({ ...lie, sequence: 6 });
    await appendFile(ground.file, line);
    await until('the audit says so', async () => (await ground.records()).length === 6 || undefined);
    await until('it is signed', async () => (await ground.verify()).signed.unsigned_records === 0);
    await expectNothingBelieved(line);
  });

  it('and hides in a file that is full, is set aside, too', async () => {
    {
      await using _audit = await start();
      await ground.request(5);
      await ground.settled();
    }
    const line = await fitting({ ...lie, sequence: 6 });
    await append({ ...lie, sequence: 6 });
    const next = await fitting({ ...lie, sequence: 7 });
    await rename(ground.file, `${ground.file}.1`);
    await writeFile(ground.file, next);
    await using _audit = await start();
    await ground.request(2);
    await ground.settled();
    const records = [...(await ground.records(`${ground.file}.1`)), ...(await ground.records())];
    expect(records.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6, 6, 7]);
    expect(await setAside()).toBe(`${line}${next}`);
    await until('it is signed', async () => (await ground.verify()).signed.unsigned_records === 0);
    expect(await ground.verify()).toMatchObject({ ok: true, records: 8 });
  });
});
