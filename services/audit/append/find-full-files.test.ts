import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { genesis, type Link, seal } from '../chain/seal.ts';
import { findFullFiles } from './find-full-files.ts';

let dir: string;
let path: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'hemostat-full-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));
beforeEach(async () => {
  path = join(await mkdtemp(join(dir, 'one-')), 'audit.log');
});

/** A record for each of the sequences, the first one right after `before`. */
function chain(sequences: readonly number[], before: Link = genesis): { lines: string[]; links: Link[] } {
  const lines: string[] = [];
  const links: Link[] = [before];
  for (const sequence of sequences) {
    const draft = { timestamp: '2026-01-01T00:00:00.000Z', stream: 'HEMOSTAT', sequence, event: 'requested' };
    const { record, line } = seal({ ...draft, result: {} }, links.at(-1) ?? genesis);
    lines.push(`${line}\n`);
    links.push({ n: record.n, hash: record.hash });
  }
  return { lines, links };
}
const { lines, links } = chain([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
const text = (from: number, to: number): string => lines.slice(from, to).join('');
const head = (n = 12): Link => links[n] ?? genesis;
const sizes = async (end = head()): Promise<readonly number[]> =>
  (await findFullFiles(path, end)).map(({ size }) => size).reverse();

it.each([
  ['in nothing else', ''],
  ['in a repeat', text(2, 5)],
  ['in a repeat of its last records', text(2, 4)],
  ['in records that continue it in another way', chain([99, 98], links[4]).lines.join('')],
  ['in a torn line', '{"torn":'],
])('a full file that ends %s belongs up to where the next one begins', async (_, late) => {
  await writeFile(`${path}.1`, `${text(0, 4)}${late}`);
  await writeFile(`${path}.2`, text(4, 8));
  await writeFile(path, text(8, 12));
  expect(await sizes()).toEqual([text(0, 4).length, text(4, 8).length]);
  await writeFile(`${path}.2`, `${text(4, 8)}${late}`);
  expect(await sizes()).toEqual([text(0, 4).length, text(4, 8).length]);
});

it('and up to the head while there is no next one', async () => {
  await writeFile(`${path}.1`, `${text(0, 4)}${text(2, 4)}`);
  expect(await sizes(head(4))).toEqual([text(0, 4).length]);
  await writeFile(path, '');
  expect(await sizes(head(4))).toEqual([text(0, 4).length]);
});

it('belongs whole where the next one is not proved to belong to the chain', async () => {
  await writeFile(`${path}.1`, text(0, 8));
  await writeFile(path, chain([99, 98], links[4]).lines.join(''));
  expect(await sizes()).toEqual([text(0, 8).length]);
});

it('belongs whole where the next one does not continue it', async () => {
  await writeFile(`${path}.1`, text(0, 4));
  await writeFile(path, text(8, 12));
  expect(await sizes()).toEqual([text(0, 4).length]);
});
