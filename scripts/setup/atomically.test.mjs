import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeFolder, pointLink, removeHalfMade } from './atomically.mjs';

let folder;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hemostat-atomically-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('a folder whose making failed is not there', async () => {
  const half = async (target) => {
    await writeFile(join(target, 'first half'), '');
    throw new Error('connection lost');
  };
  await expect(makeFolder(join(folder, 'thing'), half)).rejects.toThrow('connection lost');
  expect(await readdir(folder)).toEqual([]);
});

test('what a killed set-up left half-made is removed, and nothing else', async () => {
  await mkdir(join(folder, 'thing.half-made-01020304'));
  await mkdir(join(folder, 'other'));
  await removeHalfMade(folder);
  expect(await readdir(folder)).toEqual(['other']);
});

test('a folder and a link are replaced by newer ones', async () => {
  for (const version of ['1', '2']) {
    await makeFolder(join(folder, 'thing'), (target) => writeFile(join(target, 'version'), version));
    await pointLink(join(folder, 'bin', 'link'), join(folder, 'thing', 'version'));
  }
  expect(await readFile(join(folder, 'bin', 'link'), 'utf8')).toBe('2');
});
