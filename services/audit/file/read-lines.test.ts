import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { holds } from '../../../tests/proof/holds.ts';
import { type Line, longestLineBytes, readLines, readLinesBackwards } from './read-lines.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'hemostat-lines-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function all(content: string): Promise<{ forward: Line[]; backward: Omit<Line, 'number'>[] }> {
  const path = join(dir, 'lines');
  await writeFile(path, content);
  return {
    forward: await Array.fromAsync(readLines(path)),
    backward: await Array.fromAsync(readLinesBackwards(path)),
  };
}
const texts = (lines: readonly { bytes: Buffer }[]): string[] => lines.map(({ bytes }) => String(bytes));

const piece = fc.oneof(
  fc.constant('\n'),
  fc.string({ maxLength: 5 }),
  fc.integer({ min: 0, max: 70_000 }).map((length) => 'x'.repeat(length)),
);
const content = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));

describe('lines of a file', () => {
  it('are the same forwards and backwards, and make up the whole file', async () => {
    await holds(
      fc.asyncProperty(content, async (text) => {
        const { forward, backward } = await all(text);
        const rejoined = forward.map(({ bytes, complete }) => `${bytes}${complete ? '\n' : ''}`).join('');
        expect(rejoined).toBe(text);
        expect(backward.toReversed()).toEqual(forward.map(({ number: _, ...line }) => line));
      }),
      { each: 200 },
    );
  });

  it('know where they begin and end, and whether they are whole', async () => {
    const { forward } = await all('one\n\nthree');
    expect(forward.map(({ bytes: _, ...line }) => line)).toEqual([
      { number: 1, offset: 0, end: 4, complete: true },
      { number: 2, offset: 4, end: 5, complete: true },
      { number: 3, offset: 5, end: 10, complete: false },
    ]);
  });

  it('can be read from the middle of a file on', async () => {
    await all('one\ntwo\nthree\n');
    expect(texts(await Array.fromAsync(readLines(join(dir, 'lines'), 4)))).toEqual(['two', 'three']);
  });

  it('are not kept in memory when they are longer than any record', async () => {
    const { forward } = await all(`${'x'.repeat(longestLineBytes + 1)}\nnext\n`);
    expect(texts(forward)).toEqual(['', 'next']);
  });
});
