import { expect, test } from 'vitest';
import { createHealth, serveHealth } from './health.ts';

const well = { ok: true } as const;
const away = { ok: false, cause: 'NATS does not answer', remedy: 'start nats-server' } as const;

test('all is well when every part is', () => {
  const health = createHealth();
  health.report('nats', well);
  health.report('docker', away);
  expect(health.snapshot()).toEqual({ ok: false, parts: { nats: well, docker: away } });
  health.report('docker', well);
  expect(health.snapshot().ok).toBe(true);
});

test('a part that is awaited keeps the service unready until it reports', () => {
  const health = createHealth(['nats']);
  expect(health.snapshot()).toMatchObject({ ok: false, parts: { nats: { cause: 'still starting' } } });
  health.report('nats', well);
  expect(health.snapshot().ok).toBe(true);
});

test('listeners hear changes only, until they are disposed', () => {
  const health = createHealth();
  const heard: boolean[] = [];
  const listening = health.onChange(({ ok }) => heard.push(ok));
  for (const state of [well, well, away, { ...away }, { ...away, cause: 'refused' }, well])
    health.report('nats', state);
  listening[Symbol.dispose]();
  health.report('nats', away);
  expect(heard).toEqual([true, false, false, true]);
});

test('a snapshot does not change afterwards', () => {
  const health = createHealth();
  health.report('nats', well);
  const before = health.snapshot();
  health.report('nats', away);
  expect(before).toEqual({ ok: true, parts: { nats: well } });
});

test('over HTTP ready follows the parts, with cause and remedy, and live does not', async () => {
  const health = createHealth();
  await using server = await serveHealth(health, 0, '127.0.0.1');
  const get = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`);
    return { status: response.status, body: await response.json() };
  };
  health.report('nats', away);
  expect(await get('/health/ready')).toEqual({ status: 503, body: { ok: false, parts: { nats: away } } });
  expect((await get('/health?verbose')).status).toBe(503);
  expect(await get('/health/live')).toEqual({ status: 200, body: { ok: true } });
  health.report('nats', well);
  expect(await get('/health/ready')).toEqual({ status: 200, body: { ok: true, parts: { nats: well } } });
  expect((await get('/elsewhere')).status).toBe(404);
});

test('a port that is taken rejects, and disposal frees it although a connection is kept open', async () => {
  const health = createHealth();
  const first = await serveHealth(health, 0, '127.0.0.1');
  await expect(serveHealth(health, first.port, '127.0.0.1')).rejects.toMatchObject({ code: 'EADDRINUSE' });
  await (await fetch(`http://127.0.0.1:${first.port}/health`)).text();
  await first[Symbol.asyncDispose]();
  await using again = await serveHealth(health, first.port, '127.0.0.1');
  expect(again.port).toBe(first.port);
});
