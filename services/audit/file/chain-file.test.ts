import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import { appendFile, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ChainFile, openChainFile } from './chain-file.ts';
import { chainFiles } from './chain-files.ts';
import { ChangedBySomebody, FileTrouble, healthOf, Overtaken } from './trouble.ts';

let dir: string;
let path: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'hemostat-chain-file-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));
beforeEach(async () => {
  path = join(await mkdtemp(join(dir, 'one-')), 'below', 'audit.log');
});

const open = (goodSize: number, holds = (): boolean => true): ChainFile =>
  openChainFile({ path, goodSize, full: [], holds });

describe('the file of the chain', () => {
  it('is made with its folder, for nobody else to read', async () => {
    await using file = open(0);
    await file.append('one\n');
    await file.append('two\n');
    expect(await readFile(path, 'utf8')).toBe('one\ntwo\n');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(file.size).toBe(8);
  });

  it('goes on behind what is there', async () => {
    await mkdir(join(path, '..'));
    await writeFile(path, 'one\n');
    await using file = open(4);
    await file.append('two\n');
    expect(await readFile(path, 'utf8')).toBe('one\ntwo\n');
  });

  it('is rotated under the next number', async () => {
    await using file = open(0);
    for (const text of ['1\n', '2\n', '3\n']) {
      await file.append(text);
      await file.rotate();
    }
    await file.append('4\n');
    const files = await chainFiles(path);
    expect(files.map((each) => each.slice(path.length))).toEqual(['.1', '.2', '.3', '']);
    expect(await Promise.all(files.map((each) => readFile(each, 'utf8')))).toEqual([
      '1\n',
      '2\n',
      '3\n',
      '4\n',
    ]);
  });

  it('counts on behind ten, and looks at no file of another name', async () => {
    await mkdir(join(path, '..'));
    for (const end of ['.9', '.10', '.1.gz', '.old', '.01', 'x']) await writeFile(`${path}${end}`, '');
    expect((await chainFiles(path)).map((each) => each.slice(path.length))).toEqual(['.9', '.10']);
    await using file = open(0);
    await file.append('1\n');
    await file.rotate();
    expect(await chainFiles(path)).toContain(`${path}.11`);
  });

  it.each([
    ['written to', () => appendFile(path, 'foreign\n')],
    ['removed', () => rm(path)],
    ['moved away', () => rename(path, `${path}.moved`)],
    [
      'replaced',
      async () => {
        await rename(path, `${path}.moved`);
        await writeFile(path, 'one\n');
      },
    ],
    ['shortened', () => writeFile(path, 'o')],
  ])('refuses to go on when it was %s by somebody else', async (_, change) => {
    await using file = open(0);
    await file.append('one\n');
    await change();
    await expect(file.check()).rejects.toBeInstanceOf(ChangedBySomebody);
    await expect(file.append('two\n')).rejects.toBeInstanceOf(ChangedBySomebody);
  });

  it('finds nothing wrong while it is as it was left', async () => {
    await using file = open(0);
    expect(await file.check()).toBe(0);
    const appended = file.append('one\n');
    expect(await file.check()).toBe(0);
    await appended;
    await file.rotate();
    expect(await file.check()).toBe(0);
  });

  it.each([
    ['written to', () => appendFileSync(path, 'late\n')],
    ['moved away', () => renameSync(path, `${path}.1`)],
  ])('confirms nothing when it was %s between the look and the write', async (_, late) => {
    let isLate = false;
    await using file = open(0, () => {
      if (isLate) late();
      return true;
    });
    await file.append('one\n');
    isLate = true;
    await expect(file.append('two\n')).rejects.toBeInstanceOf(ChangedBySomebody);
    expect(file.size).toBe(4);
  });

  it('is neither written to nor rotated without the lease', async () => {
    let held = true;
    await using file = open(0, () => held);
    await file.append('one\n');
    held = false;
    await expect(file.append('two\n')).rejects.toBeInstanceOf(Overtaken);
    await expect(file.rotate()).rejects.toBeInstanceOf(Overtaken);
    expect(await readFile(path, 'utf8')).toBe('one\n');
  });

  it('replaces no file that another replica rotated meanwhile', async () => {
    let isLate = false;
    await using file = open(0, () => {
      if (isLate) writeFileSync(`${path}.1`, 'theirs\n');
      return true;
    });
    await file.append('one\n');
    isLate = true;
    await expect(file.rotate()).rejects.toBeInstanceOf(ChangedBySomebody);
    expect(await readFile(`${path}.1`, 'utf8')).toBe('theirs\n');
  });

  it('has full files beside it that stay as they are', async () => {
    await using before = open(0);
    await before.append('one\n');
    await before.rotate();
    const { ino } = await stat(`${path}.1`);
    const full = [{ path: `${path}.1`, ino, size: 4 }];
    await using file = openChainFile({ path, goodSize: 0, full, holds: () => true });
    await file.append('two\n');
    await file.rotate();
    await appendFile(`${path}.1`, 'late\n');
    await appendFile(`${path}.2`, 'late too\n');
    expect(await file.check()).toBe(14);
    expect(await readFile(`${path}.1`, 'utf8')).toBe('one\n');
    expect(await readFile(`${path}.2`, 'utf8')).toBe('two\n');
  });

  it('says what is in the way, and goes on when it is gone', async () => {
    await mkdir(path, { recursive: true });
    await using file = open(0);
    const trouble = await file.append('one\n').catch((error: unknown) => error);
    expect(trouble).toBeInstanceOf(FileTrouble);
    expect(trouble instanceof FileTrouble && healthOf(trouble, path)).toMatchObject({
      ok: false,
      cause: expect.stringContaining('its name is taken'),
      remedy: expect.stringContaining('AUDIT_FILE'),
    });
    await rm(path, { recursive: true });
    await file.append('one\n');
    expect(await readFile(path, 'utf8')).toBe('one\n');
  });
});
