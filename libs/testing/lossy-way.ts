import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A way to a server on which what the server sends can get lost, as on a connection that is dead before anybody knows. */
export interface LossyWay extends AsyncDisposable {
  readonly port: number;
  /** From now on nothing that the server sends on the connections there are arrives. */
  loseAnswers(): void;
  /** Ends all connections. New ones lose nothing. */
  breakOff(): void;
}

export async function startLossyWay(toPort: number): Promise<LossyWay> {
  const pairs = new Set<readonly [Socket, Socket]>();
  const breakOff = (): void => {
    for (const pair of pairs) for (const end of pair) end.destroy();
    pairs.clear();
  };
  const server = createServer((near) => {
    const far = connect(toPort, '127.0.0.1');
    const pair = [near, far] as const;
    pairs.add(pair);
    near.pipe(far).pipe(near);
    for (const end of pair) {
      end.on('error', () => {});
      end.on('close', () => {
        for (const each of pair) each.destroy();
        pairs.delete(pair);
      });
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    loseAnswers: () => {
      for (const [near, far] of pairs) far.unpipe(near).resume();
    },
    breakOff,
    [Symbol.asyncDispose]: async () => {
      server.close();
      breakOff();
      await once(server, 'close');
    },
  };
}
