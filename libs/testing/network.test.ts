import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { openNetwork, whyNoNetwork } from './network.ts';
import { until } from './until.ts';

const reason = whyNoNetwork();
if (reason !== undefined) console.log(`not tested: rooms with networks of their own, because ${reason}`);

const echo = "require('net').createServer((s) => s.pipe(s)).listen(7000, '0.0.0.0')";

function answers(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(7000, address, () => socket.write('hello'));
    const end = (heard: boolean) => {
      socket.destroy();
      resolve(heard);
    };
    socket.once('data', () => end(true)).once('error', () => end(false));
    socket.setTimeout(5_000, () => end(false));
  });
}

it.skipIf(reason !== undefined)(
  'a room answers, is silent while it is cut off, and answers again',
  async () => {
    await using network = await openNetwork();
    const [one, other] = [await network.room('one'), await network.room('other')];
    const [program = '', ...args] = one.enter([process.execPath, '-e', echo]);
    const server = spawn(program, args);
    try {
      await until('the server in the room answers', async () => (await answers(one.address)) || undefined);
      const ask = `const s = require('net').connect(7000, '${one.address}', () => s.write('x')); s.on('data', () => process.exit(0)); s.on('error', () => process.exit(1)); setTimeout(() => process.exit(2), 700)`;
      const asks = async () => {
        const [command = '', ...rest] = other.enter([process.execPath, '-e', ask]);
        const [code] = await once(spawn(command, rest), 'exit');
        return code;
      };
      expect(await asks()).toBe(0);
      await network.cut(one, other);
      expect(await asks()).toBe(2);
      expect(await answers(one.address)).toBe(true);
      await network.heal(one, other);
      expect(await asks()).toBe(0);
    } finally {
      server.kill('SIGKILL');
    }
  },
);
