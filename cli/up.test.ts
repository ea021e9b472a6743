import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { testEngine } from '#libs/testing/docker-engine';
import { runHemostat, startHemostat } from '#libs/testing/hemostat-command';
import { until } from '#libs/testing/until';

it('hemostat up runs the mesh until Ctrl-C, and the other commands find it', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'hemostat-up-'));
  const { dockerHost } = testEngine();
  const env = { NATS_PORT: '0', GATEWAY_PORT: '0', HEMOSTAT_DATA_DIR: dataDir, DOCKER_HOST: dockerHost };
  const mesh = startHemostat(['up'], { ...env, LOG_LEVEL: 'ERROR' });
  const url = await until('it is ready', () => /is ready: (\S+)/.exec(mesh.stderr())?.[1], 20_000);
  expect((await runHemostat(['status', '--url', url], env)).code).toBe(0);
  mesh.kill('SIGINT');
  expect((await mesh.ended).code).toBe(0);
  expect((await runHemostat(['status', '--url', url], env)).code).toBe(4);
  await rm(dataDir, { recursive: true, force: true });
}, 60_000);

it('hemostat up ends with 78 and names the setting that cannot be used', async () => {
  const ran = await runHemostat(['up'], { GATEWAY_PORT: 'many' });
  expect(ran).toMatchObject({ code: 78, stderr: expect.stringContaining('GATEWAY_PORT') });
}, 60_000);
