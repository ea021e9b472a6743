import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@redis/client';
import { expect, it } from 'vitest';
import { startMeshGround } from '#libs/testing/mesh-ground';
import { until } from '#libs/testing/until';
import { freePort } from '../demo/free-port.ts';
import { findProgram } from '../demo/images/find-program.ts';

const server = await findProgram('redis-server');
if (!server) console.warn('skipped: there is no redis-server (npm run setup unpacks it from Debian)');

/** A program that runs until disposed, once it has said `ready`. */
async function running(program: string, args: readonly string[], ready: string, env: NodeJS.ProcessEnv = {}) {
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (bytes) => {
      said += bytes;
    });
  }
  await until(`${program} is ready`, () => said.includes(ready) || undefined, 30_000);
  return {
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

it.skipIf(!server)(
  "HemoStat's Monitor and Analyzer go on over Redis: they are heard, and hear what came of it",
  async () => {
    await using ground = await startMeshGround({ env: { HEMOSTAT_STABILITY_SECONDS: '1' } });
    await using stack = new AsyncDisposableStack();
    const folder = await mkdtemp(join(tmpdir(), 'hemostat-test-redis-'));
    stack.defer(() => rm(folder, { recursive: true, force: true }));
    const port = String(await freePort());
    const args = ['--port', port, '--bind', '127.0.0.1', '--dir', folder, '--save', ''];
    stack.use(await running(server ?? '', args, 'Ready to accept connections'));
    const env = { REDIS_HOST: '127.0.0.1', REDIS_PORT: port, NATS_URL: ground.server.url };
    stack.use(await running(process.execPath, ['examples/redis-bridge.ts'], 'and back', env));
    stack.use(await running(process.execPath, ['examples/redis-bridge.ts'], 'and back', env));
    const client = createClient({ url: `redis://127.0.0.1:${port}` });
    const listener = client.duplicate();
    for (const each of [client, listener]) stack.adopt(await each.connect(), (open) => open.destroy());
    const heard: string[] = [];
    await listener.subscribe('hemostat:remediation_complete', (event) => void heard.push(event));
    const patient = stack.use(await ground.patient());

    const event = { container: patient.name, action: 'restart', timestamp: '2026-01-31T12:00:00Z' };
    await client.publish('hemostat:remediation_needed', JSON.stringify(event));
    await until('it is told on Redis', () => heard.length > 0 || undefined, 60_000);
    expect(JSON.parse(heard[0] ?? '')).toMatchObject({
      event_type: 'remediation_complete',
      container: patient.name,
      result: { status: 'success' },
    });
    expect(await ground.restartsOf(patient)).toBe(1);
  },
  180_000,
);
