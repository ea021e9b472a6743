import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '@nats-io/transport-node';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { streams } from '#libs/contracts/subjects';
import { createLog } from '#libs/runtime/log';
import { startNatsServer } from '#libs/testing/nats-server';
import { type EmbeddedServer, startEmbeddedServer } from './embedded-server.ts';
import { publishStored } from './live.ts';
import { openService } from './open-service.ts';
import { roles } from './permissions/work.ts';

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

it('lets nobody in as a service who has not its key, and hands each key to its owner alone', async () => {
  await using server = await start();
  const nc = await connect({ servers: server.url });
  await expect(nc.request('$JS.API.STREAM.NAMES')).rejects.toThrow(/Permissions Violation/);
  await nc.close();
  for (const role of roles) expect((await stat(server.keyFile(role))).mode & 0o777).toBe(0o600);
});

it('keeps what was stored before there were keys, and the publishers that somebody added', async () => {
  const dir = join(dataDir, 'nats');
  const { signal } = new AbortController();
  await using before = await startNatsServer({ dir });
  await using context = await openService('test', {
    env: { NATS_URL: before.url, LOG_LEVEL: 'silent' },
    signal,
  });
  await publishStored(context.bus, 'hemostat.audit.mesh', { kept: true });
  await context[Symbol.asyncDispose]();
  await before.stop();
  await writeFile(join(dir, 'publishers.conf'), 'users = [ { user: ann, password: secret } ]');
  await using server = await start();
  const env = { NATS_URL: server.url, NATS_NKEY_FILE: server.keyFile('audit'), LOG_LEVEL: 'silent' };
  await using audit = await openService('audit', { env, signal });
  expect((await audit.bus.jsm.streams.info(streams.audit)).state.messages).toBe(1);
  await (await connect({ servers: server.url, user: 'ann', pass: 'secret' })).close();
});

it('says which file to correct when the publishers that somebody added cannot be read', async () => {
  await (await start())[Symbol.asyncDispose]();
  const file = join(dataDir, 'nats', 'publishers.conf');
  await writeFile(file, 'users = [ {');
  await expect(start()).rejects.toThrow(`nats-server cannot read ${file}. Correct it`);
});

it('says what is wrong with a data folder that is none', async () => {
  const file = join(dataDir, 'a-file');
  await writeFile(file, '');
  await expect(start(file)).rejects.toThrow(/cannot be used.*HEMOSTAT_DATA_DIR/);
});
