import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '@nats-io/transport-node';
import { expect, it } from 'vitest';
import { loginWith } from '#libs/bus/permissions/nkey-files';
import { detailsSchema } from '#libs/contracts/scalars';
import { testEngine } from '#libs/testing/docker-engine';
import { runHemostat, startHemostat } from '#libs/testing/hemostat-command';
import { until } from '#libs/testing/until';

/** What somebody sees of a remediation that nothing comes of who watches as it is told at the start. */
async function factsSeen(url: string, servers = '', key = '', subject = ''): Promise<readonly unknown[]> {
  const nc = await connect({ servers, authenticator: loginWith(key, await readFile(key, 'utf8')) });
  const seen: unknown[] = [];
  nc.subscribe(subject, {
    callback: (_, message) => void seen.push(detailsSchema.parse(message.json()).type),
  });
  await nc.flush();
  const body = JSON.stringify({ container: 'nobody-9', action: 'restart' });
  const headers = { 'content-type': 'application/json', prefer: 'wait=30' };
  expect((await fetch(`${url}/api/v1/remediations`, { method: 'POST', body, headers })).status).toBe(404);
  await nc.drain();
  return seen;
}

it('hemostat up runs the mesh until Ctrl-C, the other commands find it, and how it says to watch shows each fact once', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'hemostat-up-'));
  const { dockerHost } = testEngine();
  const env = { NATS_PORT: '0', GATEWAY_PORT: '0', HEMOSTAT_DATA_DIR: dataDir, DOCKER_HOST: dockerHost };
  const mesh = startHemostat(['up'], { ...env, LOG_LEVEL: 'ERROR' });
  const ready = /is ready: (\S+)[\s\S]*--server (\S+) --nkey (\S+) sub '(.*)'/;
  const [, url = '', ...watch] = await until(
    'it is ready',
    () => ready.exec(mesh.stderr()) ?? undefined,
    40_000,
  );
  expect(await factsSeen(url, ...watch)).toEqual(['requested', 'decided']);
  expect((await runHemostat(['status', '--url', url], env)).code).toBe(0);
  mesh.kill('SIGINT');
  expect((await mesh.ended).code).toBe(0);
  expect((await runHemostat(['status', '--url', url], env)).code).toBe(4);
  await rm(dataDir, { recursive: true, force: true });
}, 90_000);

it('hemostat up ends with 78 and names the setting that cannot be used', async () => {
  const ran = await runHemostat(['up'], { GATEWAY_PORT: 'many' });
  expect(ran).toMatchObject({ code: 78, stderr: expect.stringContaining('GATEWAY_PORT') });
}, 60_000);
