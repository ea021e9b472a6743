import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { startNatsServer } from './nats-server.ts';

async function greeting(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const [bytes] = await once(socket, 'data');
  socket.destroy();
  return String(bytes);
}

test('a server speaks NATS with JetStream on its port', async () => {
  await using server = await startNatsServer();
  expect(await greeting(server.port)).toMatch(/^INFO .*"jetstream":true/);
});

test('two servers at once have ports and folders of their own', async () => {
  await using first = await startNatsServer();
  await using second = await startNatsServer();
  expect(first.port).not.toBe(second.port);
  expect(first.dir).not.toBe(second.dir);
});

test('a killed server comes back on the same port', async () => {
  await using server = await startNatsServer();
  await server.kill9();
  await expect(greeting(server.port)).rejects.toThrow('ECONNREFUSED');
  await server.restart();
  expect(await greeting(server.port)).toMatch(/^INFO /);
});

test('its folder goes when it is disposed', async () => {
  const server = await startNatsServer();
  await server[Symbol.asyncDispose]();
  expect(existsSync(server.dir)).toBe(false);
});

test('a server that cannot start says why', async () => {
  await expect(startNatsServer({ configLines: ['no_such_setting {'] })).rejects.toThrow(/nats-server ended/);
});
