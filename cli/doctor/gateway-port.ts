import { createServer } from 'node:net';
import { type Check, ok, runsHere, trouble } from './check.ts';

/** Whether `hemostat up` could listen there, or does already. */
export const gatewayPort: Check = {
  name: 'port',
  async look(checkup) {
    const host = checkup.env.GATEWAY_HOST || '127.0.0.1';
    const port = Number(checkup.env.GATEWAY_PORT || 9000);
    if (port === 0) return ok('the gateway takes a free one');
    const code = await whyNotListen(host, port);
    if (code === undefined) return ok(`port ${port} of ${host} is free for the gateway`);
    const isOurs = runsHere(checkup) && Number(new URL(checkup.gateway.url).port || 80) === port;
    if (code === 'EADDRINUSE' && isOurs) return ok(`the gateway has port ${port}`);
    return trouble(
      code === 'EADDRINUSE'
        ? `Port ${port} of ${host} is taken by another program`
        : `The gateway could not listen on port ${port} of ${host} (${code})`,
      'set GATEWAY_PORT to a free port, and GATEWAY_HOST to an address of this machine',
    );
  },
};

function whyNotListen(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}
