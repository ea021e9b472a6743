import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connect } from '@nats-io/transport-node';
import { expect, it } from 'vitest';
import { findNatsServer, isAtLeast, natsServerVersion } from '#libs/bus/find-nats-server';
import { openService } from '#libs/bus/open-service';
import { startNatsServer } from '#libs/testing/nats-server';

const isOld = !isAtLeast(natsServerVersion(findNatsServer(process.env)), 10);
if (isOld) console.warn('skipped: nats-server before 2.10 does not know what nats/prepare.ts writes');

const run = (file: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  promisify(execFile)(process.execPath, [join(import.meta.dirname, '..', 'nats', file), ...args], {
    env: { ...process.env, ...env },
  });

it.skipIf(isOld)(
  'what prepare.ts writes and set-up.ts makes is all that a service needs, and is kept',
  async () => {
    const dir = await mkdtemp(join(tmpdir(), 'hemostat-prepare-'));
    const seeds = join(dir, 'seeds');
    const seedOf = (role: string): string => join(seeds, role, 'nats.nk');
    const publishers = join(dir, 'mine.conf');
    await writeFile(publishers, 'users = [ { user: ann, password: secret } ]');
    const args = ['--conf', join(dir, 'conf'), '--seeds', seeds, '--publishers', publishers];
    await run('prepare.ts', args);
    const seed = await readFile(seedOf('safety'), 'utf8');
    expect((await stat(seedOf('safety'))).mode & 0o777).toBe(0o640);
    await run('prepare.ts', args);
    expect(await readFile(seedOf('safety'), 'utf8')).toBe(seed);

    await using server = await startNatsServer({ dir, configLines: ['include "conf/nats.conf"'] });
    const as = (role: string) => ({ NATS_URL: server.url, NATS_NKEY_FILE: seedOf(role), LOG_LEVEL: 'ERROR' });
    expect(await run('set-up.ts', [], as('setup'))).toMatchObject({ stderr: '' });
    await using safety = await openService('safety', {
      env: as('safety'),
      signal: new AbortController().signal,
    });
    expect(safety.health.snapshot().ok).toBe(true);
    await (await connect({ servers: server.url, user: 'ann', pass: 'secret' })).close();
    await server.stop();
    await rm(dir, { recursive: true, force: true });
  },
  60_000,
);

it('set-up.ts says which setting is wrong', async () => {
  const env = { NATS_NKEY_FILE: '/nowhere/setup.nk' };
  await expect(run('set-up.ts', [], env)).rejects.toMatchObject({
    code: 78,
    stderr: expect.stringContaining('NATS_NKEY_FILE'),
  });
});
