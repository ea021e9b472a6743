import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { runHemostat } from '#libs/testing/hemostat-command';
import { startNatsServer } from '#libs/testing/nats-server';
import { until } from '#libs/testing/until';
import { startMesh } from '../mesh.ts';

// Each of these is several processes, one after the other.
vi.setConfig({ testTimeout: 90_000 });

it('with Docker or NATS away the commands end with 4 and say which part it is and what to do', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'hemostat-cli-'));
  const stop = new AbortController();
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(dataDir, { recursive: true, force: true }));
  const server = stack.use(await startNatsServer());
  const mesh = await startMesh({
    signal: stop.signal,
    env: {
      NATS_URL: server.url,
      DOCKER_HOST: `unix://${dataDir}/no.sock`,
      GATEWAY_PORT: '0',
      HEMOSTAT_DATA_DIR: dataDir,
      LOG_LEVEL: 'silent',
    },
  });
  stack.use(mesh);
  stack.defer(() => stop.abort());
  const hemostat = (...args: readonly string[]) =>
    runHemostat(args, { HEMOSTAT_URL: mesh.gatewayUrl, HEMOSTAT_DATA_DIR: dataDir });

  const status = await hemostat('status');
  expect(status).toMatchObject({
    code: 4,
    stdout: expect.stringMatching(/docker +TROUBLE.*does not exist/),
  });
  expect(status.stdout).toContain('what to do (docker): ');
  const asked = await hemostat('remediate', 'web-1', 'restart');
  expect(asked).toMatchObject({ code: 4, stdout: '', stderr: expect.stringContaining('what to do: ') });
  expect((await hemostat('targets', '--json')).json).toMatchObject({ code: 'docker_unavailable' });

  await server.stop();
  const away = await until(
    'it is noticed',
    async () => {
      const { code, json } = await hemostat('status', '--json');
      return json.health?.parts.nats.ok === false ? { code } : undefined;
    },
    30_000,
  );
  expect(away.code).toBe(4);
  expect((await hemostat('remediate', 'web-1', 'restart', '--json')).json).toMatchObject({
    code: 'nats_unavailable',
  });
  expect((await hemostat('watch')).code).toBe(4);
  await server.restart();
  await until('it is back', async () => (await hemostat('safety', 'show')).code === 0 || undefined, 30_000);
});
