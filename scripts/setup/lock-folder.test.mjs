import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { withLockFolder } from './lock-folder.mjs';

let folder;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hemostat-lock-'));
});
afterEach(() => rm(folder, { recursive: true }));

const lock = () => join(folder, 'lock');
const mine = async () => 'mine';
const takeLock = (timing) => withLockFolder(lock(), () => {}, mine, timing);

/** A process of its own that takes the lock, runs `body` and lets go. */
function inProcess(body) {
  const module = new URL('./lock-folder.mjs', import.meta.url);
  const script = `
    import { appendFileSync } from 'node:fs';
    import { withLockFolder } from '${module}';
    const say = (word) => appendFileSync('${join(folder, 'said')}', word + '\\n');
    await withLockFolder('${lock()}', () => {}, async () => { ${body} });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => child.kill('SIGKILL'));
  return child;
}

test('of several processes one at a time holds the lock', async () => {
  const body = `say('in'); await new Promise((r) => setTimeout(r, 20)); say('out');`;
  await Promise.all([1, 2, 3, 4].map(() => once(inProcess(body), 'exit')));
  expect(await readFile(join(folder, 'said'), 'utf8')).toBe('in\nout\n'.repeat(4));
});

test('the lock of a killed process is taken over', async () => {
  const holder = inProcess(`console.log('held'); await new Promise((r) => setTimeout(r, 1e6));`);
  await once(holder.stdout, 'data');
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  expect(await takeLock()).toBe('mine');
});

test('a holder that cannot be seen is dead when its heart stopped', async () => {
  const holder = inProcess(`console.log('held'); await new Promise((r) => setTimeout(r, 1e6));`);
  await once(holder.stdout, 'data');
  holder.kill('SIGSTOP');
  expect(await takeLock({ deadAfterMs: 300 })).toBe('mine');
});

test('work that throws lets go of the lock', async () => {
  const failing = () => Promise.reject(new Error('no luck'));
  await expect(withLockFolder(lock(), () => {}, failing)).rejects.toThrow('no luck');
  expect(await takeLock()).toBe('mine');
});
