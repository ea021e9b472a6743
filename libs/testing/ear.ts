import { once } from 'node:events';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Listens where Docker would, and writes down what it hears. It is no Docker. */
export interface Ear extends AsyncDisposable {
  readonly dockerHost: string;
  /** `POST /containers/create?name=x {"a":1}` */
  readonly heard: string[];
}

type Said = { readonly status: number; readonly body?: string };

/** `says` what is answered; `break` to break the connection off. */
export async function startEar(
  says: (heard: string) => Said | 'break' | Promise<Said> = () => ({ status: 404 }),
): Promise<Ear> {
  const path = join(tmpdir(), `hemostat-ear-${process.pid}-${performance.now()}.sock`);
  const heard: string[] = [];
  const server = createServer(async (request, reply) => {
    let body = '';
    for await (const piece of request.setEncoding('utf8')) body += piece;
    const line = `${request.method} ${request.url}${body === '' ? '' : ` ${body}`}`;
    heard.push(line);
    const said = await says(line);
    if (said === 'break') request.socket.destroy();
    else reply.writeHead(said.status).end(said.body ?? '{}');
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
