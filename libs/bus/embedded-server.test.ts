import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createLog } from '#libs/runtime/log';
import { type EmbeddedServer, startEmbeddedServer } from './embedded-server.ts';

const log = createLog({ service: 'test', level: 'silent', format: 'json' });
let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'hemostat-test-embedded-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));
const start = (folder = dataDir): Promise<EmbeddedServer> =>
  startEmbeddedServer({ env: process.env, dataDir: folder, engine: 'local', port: 0, log });
const isAlive = (pid: number | undefined): boolean => {
  try {
    return pid !== undefined && process.kill(pid, 0);
  } catch {
    return false;
  }
};

it('refuses a second mesh on the same folder, and leaves the first one alone', async () => {
  await using first = await start();
  const pid = first.pid();
  await expect(start()).rejects.toThrow(`A mesh already runs on ${dataDir} (process ${process.pid})`);
  expect(first.pid()).toBe(pid);
  expect(isAlive(pid)).toBe(true);
});

it('takes over the folder of a mesh that was killed, and ends the server that it left behind', async () => {
  const mesh = fork(join(import.meta.dirname, '..', 'testing', 'embedded-mesh.ts'), [dataDir], {
    stdio: 'ignore',
  });
  const [left] = (await once(mesh, 'message')) as [number];
  mesh.kill('SIGKILL');
  await once(mesh, 'exit');
  expect(isAlive(left)).toBe(true);
  await using second = await start();
  expect(isAlive(left)).toBe(false);
  expect(isAlive(second.pid())).toBe(true);
});

it('can be started again where it was stopped', async () => {
  await (await start())[Symbol.asyncDispose]();
  await using again = await start();
  expect(isAlive(again.pid())).toBe(true);
});

it('says what is wrong with a data folder that is none', async () => {
  const file = join(dataDir, 'a-file');
  await writeFile(file, '');
  await expect(start(file)).rejects.toThrow(/cannot be used.*HEMOSTAT_DATA_DIR/);
});
