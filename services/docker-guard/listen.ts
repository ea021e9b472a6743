import { once } from 'node:events';
import { chmodSync, unlinkSync } from 'node:fs';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { ConfigError } from '#libs/runtime/config';

/** For the owner and its group: who may write to it may ask. */
const mode = 0o660;

/**
 * Listens on a unix socket. One that a killed guard has left is taken away; one on which somebody still answers is not:
 * then it throws a `ConfigError`, as it does where the socket cannot be made.
 */
export async function listenOn(server: Server, path: string): Promise<AsyncDisposable> {
  if (await isAlive(path)) {
    throw unusable(path, 'something listens on it', 'a path of this guard alone; is it running already?');
  }
  try {
    unlinkSync(path);
  } catch {
    // It was not there, or listening tells why not.
  }
  try {
    // Until the mode is set only the owner may connect: nobody may do more than later.
    await once(server.listen(path), 'listening');
    chmodSync(path, mode);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw unusable(
      path,
      `it cannot be made (${code})`,
      'a path in a folder that exists and may be written to',
    );
  }
  return {
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

function unusable(path: string, why: string, expected: string): ConfigError {
  return new ConfigError([
    {
      name: 'GUARD_SOCKET',
      found: `${JSON.stringify(path)}: ${why}`,
      expected: `${expected}, for example /run/hemostat/docker.sock`,
    },
  ]);
}
