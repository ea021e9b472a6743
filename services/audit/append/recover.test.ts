import { appendFileSync } from 'node:fs';
import { appendFile, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AuditHead } from '#libs/contracts/audit-head';
import type { AuditRecord } from '#libs/contracts/audit-record';
import { nowhere, place } from '../chain/positions.ts';
import { type Draft, genesis, type Link, seal } from '../chain/seal.ts';
import { chainFiles } from '../file/chain-files.ts';
import { Overtaken } from '../file/trouble.ts';
import { emptyTree, grow } from '../tree/frontier.ts';
import { leafHash } from '../tree/hashes.ts';
import { type Recovered, recover as recoverWhile } from './recover.ts';

let dir: string;
let path: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'hemostat-recover-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));
beforeEach(async () => {
  path = join(await mkdtemp(join(dir, 'one-')), 'audit.log');
});

const storedAt = (sequence: number): string => new Date(1e12 + sequence * 1_000).toISOString();
const draft = (sequence: number): Draft => ({
  timestamp: storedAt(sequence),
  stream: 'HEMOSTAT',
  sequence,
  event: 'requested',
  result: { sequence },
});

/** The chain of the messages 1 … count. */
function chain(count: number): { lines: string[]; links: Link[] } {
  const lines: string[] = [];
  const links: Link[] = [genesis];
  for (let sequence = 1; sequence <= count; sequence += 1) {
    const { record, line } = seal(draft(sequence), links.at(-1) ?? genesis);
    lines.push(`${line}\n`);
    links.push({ n: record.n, hash: record.hash });
  }
  return { lines, links };
}
const { lines, links } = chain(10);
const text = (count: number): string => lines.slice(0, count).join('');

function headAt(n: number, copied = n): AuditHead {
  let position = nowhere;
  for (let sequence = 1; sequence <= n; sequence += 1)
    position = place(position, sequence, storedAt(sequence)).position;
  return {
    ...(links[n] ?? genesis),
    owner: 'before',
    oldest: { n: 1, prev: genesis.hash },
    copied: { n: copied, sequence: copied },
    positions: { HEMOSTAT: position },
  };
}
const isMadeOfItsMessage = async ({ reason }: AuditRecord): Promise<boolean> => reason !== 'forged';
const always = { holds: () => true, isMadeOfItsMessage };
const recover = (file: string, head: AuditHead | undefined): Promise<Recovered> =>
  recoverWhile(file, head, always);
const treeOfAll = (n: number): readonly string[] =>
  grow(
    emptyTree,
    lines.slice(0, n).map((line) => leafHash(line.trimEnd())),
  ).hashes;
const numbers = (records: readonly { n: number }[]): number[] => records.map(({ n }) => n);

describe('recovering the chain', () => {
  it('begins at the beginning where there is nothing', async () => {
    expect(await recover(path, undefined)).toMatchObject({
      head: { ...genesis, positions: {} },
      fileSize: 0,
      contradiction: undefined,
    });
  });

  it('goes on where file and head agree', async () => {
    await writeFile(path, text(10));
    const recovered = await recover(path, headAt(10));
    expect(recovered).toMatchObject({ head: links[10] ?? {}, uncopied: [], cutBytes: 0 });
    expect(recovered.contradiction).toBeUndefined();
    expect(recovered.fileSize).toBe(text(10).length);
  });

  it('takes over whole records that a crash left in the file before the head moved', async () => {
    await writeFile(path, text(10));
    const recovered = await recover(path, headAt(7));
    expect(recovered.head).toMatchObject({
      ...links[10],
      positions: { HEMOSTAT: { last: 10, gaps: [] } },
    });
    expect(numbers(recovered.uncopied)).toEqual([8, 9, 10]);
    expect(recovered.contradiction).toBeUndefined();
  });

  it('takes them over when the head never moved at all', async () => {
    await writeFile(path, text(2));
    expect((await recover(path, headAt(0))).head).toMatchObject({ ...links[2] });
  });

  it('names records that a crash kept from being copied', async () => {
    await writeFile(path, text(10));
    expect(numbers((await recover(path, headAt(10, 6))).uncopied)).toEqual([7, 8, 9, 10]);
  });

  it.each([1, 10, 60])('cuts off the last %i bytes of an append that was interrupted', async (missing) => {
    await writeFile(path, text(9).slice(0, -missing - 1));
    const recovered = await recover(path, headAt(7));
    expect(recovered.head).toMatchObject({ n: 8, positions: { HEMOSTAT: { last: 8 } } });
    expect(recovered.cutBytes).toBeGreaterThan(0);
    expect(await readFile(path, 'utf8')).toBe(text(8));
    expect(recovered.fileSize).toBe(text(8).length);
  });

  it('keeps a record that only lacks its line break', async () => {
    await writeFile(path, text(9).slice(0, -1));
    expect(await recover(path, headAt(9))).toMatchObject({ head: { n: 9 }, cutBytes: 0 });
    expect(await readFile(path, 'utf8')).toBe(text(9));
    await truncate(path, text(9).length - 1);
    expect(await recover(path, headAt(7))).toMatchObject({ head: { n: 9 } });
    expect(await readFile(path, 'utf8')).toBe(text(9));
  });

  it('cuts off zeros and rubble that a power failure left behind the head', async () => {
    await writeFile(path, `${text(8)}${'\0'.repeat(500)}\n{"n":9}\n${lines[9]}`);
    expect(await recover(path, headAt(7))).toMatchObject({ head: { n: 8 } });
    expect(await readFile(path, 'utf8')).toBe(text(8));
  });

  it('cuts off what another replica wrote that had been overtaken', async () => {
    const foreign = seal(draft(99), links[5] ?? genesis);
    await writeFile(path, `${text(8)}${foreign.line}\n`);
    expect(await recover(path, headAt(8))).toMatchObject({ head: { n: 8 }, contradiction: undefined });
    expect(await readFile(path, 'utf8')).toBe(text(8));
  });

  it.each([
    ['as far as the head', 8, 4, 8],
    ['farther than the head', 8, 4, 10],
    ['with a part of it torn', 8, 4, 10, -20],
    ['from the first record on', 5, 0, 5],
  ])('cuts off a batch that another replica wrote once more, %s', async (_, n, from, to, torn?: number) => {
    const repeated = lines.slice(from, to).join('').slice(0, torn);
    await writeFile(path, `${text(n)}${repeated}${lines.slice(n - 2, n).join('')}`);
    expect(await recover(path, headAt(n, n - 1))).toMatchObject({ head: { n }, contradiction: undefined });
    expect(await readFile(path, 'utf8')).toBe(text(n));
  });

  it('cuts it off a file that was full, too, while the next is empty', async () => {
    await writeFile(`${path}.1`, `${text(8)}${lines.slice(4, 8).join('')}`);
    await writeFile(path, '');
    expect(await recover(path, headAt(8))).toMatchObject({ head: { n: 8 }, fileSize: 0 });
    expect(await readFile(`${path}.1`, 'utf8')).toBe(text(8));
  });

  it('cuts off a file that another replica began after it was overtaken', async () => {
    await writeFile(`${path}.1`, text(8));
    await writeFile(path, lines.slice(5, 8).join(''));
    expect(await recover(path, headAt(8))).toMatchObject({ head: { n: 8 }, fileSize: 0 });
    expect(await readFile(path, 'utf8')).toBe('');
  });

  it('goes on behind the chain where a full file ends in a repeat', async () => {
    await writeFile(`${path}.1`, `${text(8)}${lines.slice(4, 6).join('')}`);
    await writeFile(path, lines.slice(8).join(''));
    expect(await recover(path, headAt(8))).toMatchObject({ head: { n: 10 }, cutBytes: 0 });
    expect(await readFile(path, 'utf8')).toBe(lines.slice(8).join(''));
  });

  it('changes nothing once it was overtaken itself', async () => {
    for (const found of [`${text(8)}{"torn":`, text(8).slice(0, -1)]) {
      await writeFile(path, found);
      await expect(recoverWhile(path, headAt(8), { ...always, holds: () => false })).rejects.toBeInstanceOf(
        Overtaken,
      );
      expect(await readFile(path, 'utf8')).toBe(found);
    }
  });

  it('cuts off with a torn end what another replica adds to it meanwhile', async () => {
    await writeFile(path, `${text(8)}{"torn":`);
    const late = (): boolean => {
      appendFileSync(path, text(4));
      return true;
    };
    expect(await recoverWhile(path, headAt(8), { ...always, holds: late })).toMatchObject({
      fileSize: text(8).length,
    });
    expect(await readFile(path, 'utf8')).toBe(text(8));
  });

  it('reads across files that were rotated', async () => {
    await writeFile(`${path}.1`, text(4));
    await writeFile(`${path}.2`, lines.slice(4, 8).join(''));
    expect(await recover(path, headAt(8))).toMatchObject({ head: { n: 8 }, fileSize: 0 });
    await writeFile(path, lines.slice(8).join(''));
    const recovered = await recover(path, headAt(6, 3));
    expect(recovered).toMatchObject({ head: { n: 10 } });
    expect(numbers(recovered.uncopied)).toEqual([4, 5, 6, 7, 8, 9, 10]);
  });

  it('says that records are missing in the file, and goes on behind the head', async () => {
    await writeFile(path, text(6));
    expect(await recover(path, headAt(9))).toMatchObject({
      head: links[9] ?? {},
      contradiction: { why: 'records_missing_in_file', nats: links[9] ?? {}, file: links[6] ?? {} },
    });
    await rm(path);
    expect(await recover(path, headAt(9))).toMatchObject({
      head: links[9] ?? {},
      contradiction: { why: 'records_missing_in_file', file: null },
    });
  });

  it('says that the file is another one than NATS knows, and cuts nothing of it', async () => {
    const other = seal({ ...draft(9), reason: 'forged' }, links[8] ?? genesis);
    const forged = `${text(8)}${other.line}\n`;
    await writeFile(path, forged);
    expect(await recover(path, headAt(9))).toMatchObject({
      head: links[9] ?? {},
      contradiction: { why: 'file_differs_from_nats' },
    });
    expect(await readFile(path, 'utf8')).toBe(forged);
  });

  it('never gives a number twice, even when NATS was set back to an older state', async () => {
    const other = seal({ ...draft(3), reason: 'of another life' }, links[2] ?? genesis);
    await writeFile(path, text(10));
    const stale = { ...headAt(3), hash: other.record.hash };
    expect((await recover(path, stale)).head.n).toBe(10);
  });

  const forged = (sequence: number, before: Link | undefined): string =>
    `${seal({ ...draft(sequence), reason: 'forged' }, before ?? genesis).line}\n`;
  const asideOf = async ({ setAside }: Recovered): Promise<string> =>
    readFile(setAside?.path ?? expect.fail('nothing was set aside'), 'utf8');

  it('sets aside what fits behind the head and was not made by the audit', async () => {
    await writeFile(path, `${text(9)}${forged(10, links[9])}{"torn":`);
    const recovered = await recover(path, headAt(8));
    expect(recovered).toMatchObject({
      head: { ...links[9], positions: { HEMOSTAT: { last: 9 } } },
      cutBytes: 0,
      contradiction: { why: 'unknown_records_set_aside', nats: links[8] ?? {}, file: { n: 10 } },
    });
    expect(numbers(recovered.uncopied)).toEqual([9]);
    expect(await asideOf(recovered)).toBe(`${forged(10, links[9])}{"torn":`);
    expect(await readFile(path, 'utf8')).toBe(text(9));
  });

  it('sets aside a record of a message that is in the audit already', async () => {
    const again = `${seal(draft(3), links[8] ?? genesis).line}\n`;
    await writeFile(path, `${text(8)}${again}`);
    const recovered = await recover(path, headAt(8));
    expect(recovered.head).toMatchObject({ ...links[8] });
    expect(await asideOf(recovered)).toBe(again);
  });

  it('sets aside with it all files behind it, as if they had never begun', async () => {
    await writeFile(`${path}.1`, text(4));
    await writeFile(`${path}.2`, `${text(8).slice(text(4).length)}${forged(9, links[8])}`);
    await writeFile(`${path}.3`, 'of a later time\n');
    await writeFile(path, lines.slice(8).join(''));
    const recovered = await recover(path, headAt(8));
    expect(recovered).toMatchObject({ head: links[8] ?? {}, fileSize: 0 });
    expect(await asideOf(recovered)).toBe(
      `${forged(9, links[8])}of a later time\n${lines.slice(8).join('')}`,
    );
    expect(await chainFiles(path)).toEqual([`${path}.1`, `${path}.2`, path]);
    expect(await readFile(`${path}.2`, 'utf8')).toBe(text(8).slice(text(4).length));
    expect(await readFile(path, 'utf8')).toBe('');
  });

  it.each([
    ['goes on from the changed one', 9],
    ['goes on from the true one', 10],
    ['leaves numbers out', 12],
  ])('believes nothing behind a head that is not in the file: a record that %s', async (_, n) => {
    const changed = seal({ ...draft(9), reason: 'forged' }, links[8] ?? genesis).record;
    const before = n === 9 ? changed : { n: n - 1, hash: links[9]?.hash ?? '' };
    await writeFile(path, `${text(8)}${forged(9, links[8])}${forged(before.n + 1, before)}`);
    const recovered = await recover(path, { ...headAt(9), tree: [...treeOfAll(9)] });
    expect(recovered).toMatchObject({
      head: { ...links[9], tree: treeOfAll(9), positions: { HEMOSTAT: { last: 9 } } },
      contradiction: { why: 'file_differs_from_nats' },
    });
    expect(await asideOf(recovered)).toBe(forged(before.n + 1, before));
  });

  it('takes nothing that was put before the record of the head for something behind it', async () => {
    const inserted = forged(10, links[9]);
    await writeFile(path, `${text(8)}${inserted}${lines[8]}`);
    const recovered = await recover(path, { ...headAt(9, 4), tree: [...treeOfAll(9)] });
    expect(recovered).toMatchObject({ head: { ...links[9], tree: treeOfAll(9) }, setAside: undefined });
    expect(recovered.head.positions.HEMOSTAT).toMatchObject({ last: 9 });
    expect(numbers(recovered.uncopied)).toEqual([5, 6, 7, 8, 9]);
    expect(await readFile(path, 'utf8')).toBe(`${text(8)}${inserted}${lines[8]}`);
  });

  it('goes on from the file when NATS lost the head, and knows all that stands there', async () => {
    await writeFile(`${path}.1`, text(4));
    await writeFile(path, lines.slice(4).join(''));
    expect(await recover(path, undefined)).toMatchObject({
      head: { ...links[10], oldest: { n: 1 }, positions: { HEMOSTAT: { last: 10, gaps: [] } } },
      contradiction: { why: 'head_missing_in_nats', nats: null },
    });
  });

  it('leaves damage in the middle for everybody to see', async () => {
    const damaged = `${text(4)}damaged\n${lines.slice(4).join('')}`;
    await writeFile(path, damaged);
    expect(await recover(path, headAt(10))).toMatchObject({ head: { n: 10 }, contradiction: undefined });
    expect(await recover(path, undefined)).toMatchObject({ head: { n: 10 } });
    expect(await readFile(path, 'utf8')).toBe(damaged);
  });

  it('begins a new line behind one that was torn before a contradiction', async () => {
    await writeFile(path, text(6));
    await appendFile(path, '{"torn":');
    const recovered = await recover(path, headAt(9));
    expect(recovered.contradiction?.why).toBe('records_missing_in_file');
    expect(await readFile(path, 'utf8')).toBe(text(6));
    expect(recovered.fileSize).toBe(text(6).length);
  });
});
