import { type AddressInfo, connect, type Socket } from 'node:net';
import Fastify, { type FastifyReply } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLog } from '#libs/runtime/log';
import { ManualClock } from '#libs/testing/manual-clock';
import { until } from '#libs/testing/until';
import { type LiveEvents, liveEvents, mostOfOnePrincipal, takesWithinMs } from './live-events.ts';

// More than the buffers of both ends of a connection hold.
const manyBytes = 32 * 1024 * 1024;
const clock = new ManualClock();
const log = createLog({ service: 'gateway', level: 'SILENT', format: 'json' });
let stack: AsyncDisposableStack;
let live: LiveEvents;
let replies: FastifyReply[];
let connectTo: () => Socket;

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  live = liveEvents({ closing: new AbortController().signal, clock, log });
  replies = [];
  const app = Fastify({ forceCloseConnections: true });
  stack.defer(() => app.close());
  app.get('/', (_request, reply) => {
    replies.push(reply);
    return reply.send(live.takeSeat('slow').stream(reply, { events }));
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as AddressInfo;
  connectTo = () => {
    const socket = connect(port, '127.0.0.1');
    stack.defer(() => void socket.destroy());
    socket.on('error', () => {});
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    return socket;
  };
});
afterEach(() => stack.disposeAsync());

async function* events(signal: AbortSignal) {
  yield { id: 1, event: 'requested', data: 'x'.repeat(manyBytes) };
  yield { id: 2, event: 'decided', data: 'y' };
  await new Promise<void>((gone) => signal.addEventListener('abort', () => gone(), { once: true }));
}

const blocked = (): Promise<boolean> =>
  until('nothing more can be written', () => replies[0]?.raw.writableNeedDrain && clock.sleeping === 1);

function refusedTo(principal: string): string | undefined {
  try {
    live.takeSeat(principal)[Symbol.dispose]();
    return undefined;
  } catch (error) {
    return String(error);
  }
}

describe('a client that does not read', () => {
  it('loses its seat after a minute', async () => {
    connectTo();
    await blocked();
    for (let seat = 1; seat < mostOfOnePrincipal; seat += 1) live.takeSeat('slow');
    await clock.advance(takesWithinMs - 1);
    expect(refusedTo('slow')).toContain('principal slow has 64 event streams open');
    await clock.advance(1);
    await until('the seat is free', () => refusedTo('slow') === undefined);
  });

  it('keeps its seat when it reads in time, and for as long as it reads', async () => {
    const socket = connectTo();
    await blocked();
    await clock.advance(takesWithinMs - 1);
    let bytes = 0;
    let end = '';
    socket.on('data', (chunk) => {
      bytes += chunk.length;
      end = (end + chunk.toString('latin1')).slice(-200);
    });
    await until('all was read', () => bytes > manyBytes && end.includes('event: decided'));
    await clock.advance(10 * takesWithinMs);
    await until('it is told that the stream lives', () => end.includes('still here'));
    expect(replies[0]?.raw.destroyed).toBe(false);
  });
});

describe('the seats of a gateway', () => {
  it('are 64 for one principal, so that others find one, and 256 in all', () => {
    for (const principal of ['a', 'b', 'c', 'd']) {
      for (let seat = 0; seat < mostOfOnePrincipal; seat += 1) live.takeSeat(principal);
      if (principal !== 'd') expect(refusedTo('e')).toBeUndefined();
    }
    expect(refusedTo('a')).toContain('principal a has 64 event streams open');
    expect(refusedTo('e')).toContain('256 event streams open for all principals together');
  });
});
