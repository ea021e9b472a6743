import { appendFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { streams } from '#libs/contracts/subjects';
import { type AuditGround, startAuditGround } from '#libs/testing/audit-ground';
import { aTarget } from '#libs/testing/examples';
import { until } from '#libs/testing/until';
import { seal } from './chain/seal.ts';
import { startAudit } from './service.ts';

let stack: AsyncDisposableStack;
let ground: AuditGround;
beforeEach(async () => {
  stack = new AsyncDisposableStack();
  ground = stack.use(await startAuditGround({ AUDIT_LEASE_SECONDS: '1' }));
});
afterEach(() => stack.disposeAsync());

const start = (): Promise<AsyncDisposable> =>
  startAudit({ env: ground.env, signal: new AbortController().signal });

async function expectEachOnce(count: number): Promise<void> {
  const records = await ground.records();
  const sequences = records.filter(({ stream }) => stream === streams.facts).map(({ sequence }) => sequence);
  expect(sequences.toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, at) => at + 1));
  const copies = await ground.copies();
  expect(copies.map(({ record }) => record.n).toSorted((a, b) => a - b)).toEqual(records.map(({ n }) => n));
}

/** What a process writes that had paused right before: records of its own, where the chain stood then. */
async function writeLate(from: number, count: number): Promise<void> {
  const lines = await ground.lines();
  await appendFile(
    ground.file,
    lines
      .slice(from, from + count)
      .map((line) => `${line}\n`)
      .join(''),
  );
}

describe('a batch that a process writes late, after it was overtaken', () => {
  it.each([
    ['repeats the last records', () => writeLate(6, 4)],
    ['repeats them in part', () => writeLate(3, 3)],
    ['repeats the whole chain', () => writeLate(0, 10)],
    [
      'is torn',
      async () => {
        await writeLate(8, 1);
        await appendFile(ground.file, '{"event":"reque');
      },
    ],
    [
      'continues an earlier record in another way',
      async () => {
        const record = (await ground.records())[5] ?? expect.fail();
        const { n: _n, prev: _prev, hash: _hash, ...draft } = record;
        await appendFile(ground.file, `${seal({ ...draft, sequence: 99 }, record).line}\n`);
      },
    ],
  ])('and that %s is gone again without a further append', async (_, late) => {
    await using _audit = await start();
    await ground.request(10);
    await ground.settled();
    await late();
    await until('it is gone', async () => (await ground.verify()).ok, 5_000);
    await expectEachOnce(10);
    await ground.request(5);
    await ground.settled();
    await expectEachOnce(15);
  });

  it('comes to nothing at any moment, also amid appends and recoveries', async () => {
    await using _one = await start();
    await using _two = await start();
    let published = 0;
    for (let round = 0; round < 25; round += 1) {
      const requests = ground.request(20, { target: aTarget(`patient-${round}`) });
      published += 20;
      const { length } = await ground.lines();
      await writeLate(Math.max(0, length - 1 - (round % 9)), 1 + (round % 7));
      await requests;
      if (round % 5 === 0) await ground.settled();
    }
    await ground.settled();
    await until('all is repaired', async () => (await ground.verify()).ok);
    await expectEachOnce(published);
  }, 60_000);
});
