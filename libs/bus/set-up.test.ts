import { jetstreamManager } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { connect } from '@nats-io/transport-node';
import { expect, it } from 'vitest';
import { startLockedNats } from '#libs/testing/locked-nats';
import { startNatsServer } from '#libs/testing/nats-server';
import { until } from '#libs/testing/until';
import { openService } from './open-service.ts';

const never = new AbortController().signal;

it('a service with a key of its own makes no stream: it waits, saying why, and goes on once the set-up was made', async () => {
  await using nats = await startLockedNats();
  const lines: string[] = [];
  const as = (role: 'setup' | 'safety') => ({
    env: { NATS_URL: nats.server.url, NATS_NKEY_FILE: nats.keyFile(role), LOG_LEVEL: 'WARNING' },
    signal: never,
    logDestination: { write: (line: string) => void lines.push(line) },
  });
  const safety = openService('safety', as('safety'));
  await until('it says what it waits for', () => lines.find((line) => line.includes('nats/set-up.ts')));
  await (await openService('setup', as('setup')))[Symbol.asyncDispose]();
  await using opened = await safety;
  expect(opened.health.snapshot()).toMatchObject({ ok: true });
}, 30_000);

it('a service without a key makes what is missing, as long as NATS lets it', async () => {
  await using nats = await startLockedNats();
  const stop = new AbortController();
  const lines: string[] = [];
  const opening = openService('safety', {
    env: { NATS_URL: nats.server.url, LOG_LEVEL: 'WARNING' },
    signal: stop.signal,
    logDestination: { write: (line) => void lines.push(line) },
  });
  opening.catch(() => {});
  await until('it is told', () => lines.find((line) => line.includes('its streams cannot be set up')));
  stop.abort();
  await expect(opening).rejects.toThrow();
}, 30_000);

it('every stream, bucket and consumer says what it is for, also where it was made before it could', async () => {
  await using server = await startNatsServer();
  const nc = await connect({ servers: server.url });
  const jsm = await jetstreamManager(nc);
  await jsm.streams.add({ name: 'HEMOSTAT', subjects: ['hemostat.remediation.>'] });
  await jsm.consumers.add('HEMOSTAT', { durable_name: 'audit-facts', ack_policy: 'explicit' });
  await new Kvm(nc).create('hemostat_safety', { history: 5 });
  await using _ = await openService('safety', {
    env: { NATS_URL: server.url, LOG_LEVEL: 'silent' },
    signal: never,
  });
  const told: string[] = [];
  for await (const { config } of jsm.streams.list()) {
    told.push(config.name);
    expect(config).toMatchObject({ description: expect.stringMatching(/^[A-Z].*\.$/) });
    for await (const consumer of jsm.consumers.list(config.name))
      expect(consumer.config).toMatchObject({ description: expect.stringMatching(/^[A-Z].*\.$/) });
  }
  expect(told).toHaveLength(8);
  await nc.close();
}, 30_000);

it('a key that the server does not know is told as that, not as an absent NATS', async () => {
  await using nats = await startLockedNats();
  await using other = await startLockedNats();
  const stop = new AbortController();
  const lines: string[] = [];
  const opening = openService('safety', {
    env: { NATS_URL: nats.server.url, NATS_NKEY_FILE: other.keyFile('safety'), LOG_LEVEL: 'WARNING' },
    signal: stop.signal,
    logDestination: { write: (line) => void lines.push(line) },
  });
  opening.catch(() => {});
  const line = await until('it is told', () => lines.find((each) => each.includes('NATS_NKEY_FILE')));
  expect(line).toContain('does not accept who this service says it is');
  stop.abort();
  await expect(opening).rejects.toThrow();
}, 30_000);

it('a setting that names no key is told before anything is done', async () => {
  const open = (file: string) => openService('safety', { env: { NATS_NKEY_FILE: file }, signal: never });
  await expect(open('/nowhere/safety.nk')).rejects.toThrow(
    /NATS_NKEY_FILE: found "\/nowhere\/safety.nk", which cannot be read/,
  );
  await expect(open(import.meta.filename)).rejects.toThrow(/NATS_NKEY_FILE.*holds no such key/);
});
