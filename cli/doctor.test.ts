import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runHemostat } from '#libs/testing/hemostat-command';
import { startNatsServer } from '#libs/testing/nats-server';

// Each of these is several processes, one after the other.
vi.setConfig({ testTimeout: 60_000 });

type Found = { readonly state: string; readonly says: string; readonly remedy?: string };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hemostat-doctor-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What the doctor says on a machine where nothing runs, changed by `env`. */
async function findings(env: Readonly<Record<string, string>>): Promise<Readonly<Record<string, Found>>> {
  const nothing = {
    HEMOSTAT_URL: 'http://127.0.0.1:9',
    GATEWAY_PORT: '0',
    NATS_PORT: '0',
    DOCKER_HOST: `unix://${folder}/no.sock`,
    HEMOSTAT_DATA_DIR: join(folder, 'data'),
  };
  const { code, json, stderr } = await runHemostat(['doctor', '--json'], { ...nothing, ...env }, folder);
  expect({ code, stderr }).toEqual({ code: json.ok ? 0 : 1, stderr: '' });
  return Object.fromEntries(json.checks.map(({ name, ...found }: Found & { name: string }) => [name, found]));
}

describe('hemostat doctor', () => {
  it('says what is missing on a machine where nothing runs, with what to do, and changes nothing', async () => {
    const found = await findings({});
    expect(found.docker).toMatchObject({ state: 'trouble', says: expect.stringContaining('does not exist') });
    expect(found.gateway).toMatchObject({ state: 'warning', remedy: expect.stringContaining('hemostat up') });
    for (const name of ['node', 'nats-server', 'nats', 'data folder', 'port', 'clock', 'settings'])
      expect({ name, ...found[name] }).toMatchObject({ name, state: 'ok' });
    for (const { state, remedy } of Object.values(found)) expect(remedy === undefined).toBe(state === 'ok');
  });

  it('tells a NATS that can be used from one without JetStream, one that asks for credentials, and none', async () => {
    await using good = await startNatsServer();
    await using closed = await startNatsServer({ configLines: ['authorization { token: "secret" }'] });
    const nats = async (env: Record<string, string>) => (await findings(env)).nats;
    expect(await nats({ NATS_URL: good.url })).toMatchObject({ state: 'ok' });
    expect(await nats({ NATS_URL: `nats://127.0.0.1:9,${good.url}` })).toMatchObject({ state: 'ok' });
    expect(await nats({ NATS_URL: closed.url })).toMatchObject({ state: 'warning' });
    expect(await nats({ NATS_URL: closed.url, NATS_TOKEN: 'secret' })).toMatchObject({ state: 'ok' });
    expect(await nats({ NATS_URL: 'nats://127.0.0.1:9' })).toMatchObject({ state: 'trouble' });
    const own = await nats({ NATS_PORT: String(good.port) });
    expect(own).toMatchObject({ state: 'warning', remedy: expect.stringContaining(good.url) });
  });

  it('finds ports that others have, a folder that is none, and settings without use', async () => {
    const taken = createTcpServer((socket) => socket.end('hello\r\n'));
    await new Promise<void>((listening) => taken.listen(0, '127.0.0.1', listening));
    const port = String((taken.address() as AddressInfo).port);
    const file = join(folder, 'a-file');
    await writeFile(file, '');
    const found = await findings({
      GATEWAY_PORT: port,
      NATS_PORT: port,
      HEMOSTAT_DATA_DIR: join(file, 'below'),
      REDIS_HOST: 'redis',
      DOCKER_HOST: 'nonsense://x',
      HEMOSTAT_NATS_SERVER: file,
    });
    taken.close();
    expect(found.port).toMatchObject({ state: 'trouble', remedy: expect.stringContaining('GATEWAY_PORT') });
    expect(found.nats).toMatchObject({ state: 'trouble', remedy: expect.stringContaining('NATS_PORT') });
    expect(found['data folder']).toMatchObject({
      state: 'trouble',
      says: expect.stringContaining('no folder'),
    });
    expect(found.settings).toMatchObject({ state: 'warning', says: expect.stringContaining('REDIS_HOST') });
    expect(found.docker).toMatchObject({ state: 'trouble', says: expect.stringContaining('DOCKER_HOST') });
    expect(found['nats-server']).toMatchObject({ state: 'trouble', says: expect.stringContaining(file) });
  });

  it("finds a clock that is not the gateway's, and a gateway that cannot heal", async () => {
    const gateway = createServer((_, response) => {
      response.sendDate = false;
      response.setHeader('date', new Date(Date.now() - 3_600_000).toUTCString());
      response.end(JSON.stringify({ status: 'unavailable', parts: {} }));
    });
    await new Promise<void>((listening) => gateway.listen(0, '127.0.0.1', listening));
    const url = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`;
    const found = await findings({ HEMOSTAT_URL: url });
    gateway.closeAllConnections();
    gateway.close();
    expect(found.clock).toMatchObject({
      state: 'warning',
      says: expect.stringMatching(/1h.* ahead of|59m.* ahead of/),
    });
    expect(found.gateway).toMatchObject({
      state: 'warning',
      remedy: expect.stringContaining('hemostat status'),
    });
  });
});
