import { once } from 'node:events';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Listens where Docker would, and writes down what it hears. It is no Docker: it says yes to `_ping`, and `status` to the rest. */
export interface Ear extends AsyncDisposable {
  readonly dockerHost: string;
  /** `POST /containers/create?name=x {"a":1}` */
  readonly heard: string[];
}

export async function startEar(status = 404): Promise<Ear> {
  const path = join(tmpdir(), `hemostat-ear-${process.pid}-${performance.now()}.sock`);
  const heard: string[] = [];
  const server = createServer(async (request, reply) => {
    let body = '';
    for await (const piece of request.setEncoding('utf8')) body += piece;
    heard.push(`${request.method} ${request.url}${body === '' ? '' : ` ${body}`}`);
    reply.writeHead(request.url?.endsWith('_ping') ? 200 : status).end('{}');
  });
  await once(server.listen(path), 'listening');
  return {
    dockerHost: `unix://${path}`,
    heard,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
