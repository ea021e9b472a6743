import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { forOwner, readOrMakeNkey } from './nkey-files.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hemostat-nkeys-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('makes one key however many ask for it at once, readable by its owner alone, and keeps it', async () => {
  const file = join(folder, 'keys', 'safety.nk');
  const made = await Promise.all(Array.from({ length: 8 }, () => readOrMakeNkey(file, forOwner)));
  expect(new Set(made).size).toBe(1);
  expect(made[0]).toMatch(/^U[A-Z2-7]{55}$/);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await stat(join(folder, 'keys'))).mode & 0o777).toBe(0o700);
  expect(await readdir(join(folder, 'keys'))).toEqual(['safety.nk']);
  expect(await readOrMakeNkey(file, forOwner)).toBe(made[0]);
});

it('says what to do with a file that holds no key, and does not show what it holds', async () => {
  const file = join(folder, 'broken.nk');
  await writeFile(file, 'SUABSECRET');
  const failure = await readOrMakeNkey(file, forOwner).catch((error: unknown) => String(error));
  expect(failure).toMatch(/broken\.nk holds no key of a NATS user.*Remove it/);
  expect(failure).not.toContain('SECRET');
  expect(await readFile(file, 'utf8')).toBe('SUABSECRET');
});
