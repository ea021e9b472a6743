import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { testEngine } from './docker-engine.ts';

/** Stands between an executor and the engine of the run, and lets a test do something just before a call is passed on. */
export interface DockerRelay extends AsyncDisposable {
  readonly dockerHost: string;
  before: (method: string, path: string) => Promise<void> | void;
  /** Changes what the engine answers to a look at its containers, images or services as a list. */
  listed: (path: string, list: readonly unknown[]) => readonly unknown[];
  /** Undefined: the call is passed on. */
  instead: (method: string, path: string) => Answer | undefined;
}
type Answer = { readonly status: number; readonly body: string };

export async function startDockerRelay(): Promise<DockerRelay> {
  const { dockerHost } = testEngine();
  const pass = async (asked: IncomingMessage, reply: ServerResponse): Promise<void> => {
    const { method = '', url = '', headers } = asked;
    await relay.before(method, url);
    const instead = relay.instead(method, url);
    if (instead) return void reply.writeHead(instead.status).end(instead.body);
    const passed = request({ ...addressOf(dockerHost), method, path: url, headers }, (answer) => {
      reply.statusCode = answer.statusCode ?? 502;
      if (method === 'GET' && /\/(containers\/json|images\/json|services)\b/.test(url)) {
        return void json(answer).then((list) =>
          reply.end(JSON.stringify(Array.isArray(list) ? relay.listed(url, list) : list)),
        );
      }
      reply.writeHead(reply.statusCode, answer.headers);
      reply.flushHeaders();
      answer.pipe(reply).on('error', () => passed.destroy());
    });
    passed.on('error', () => reply.destroy());
    reply.on('close', () => passed.destroy());
    asked.pipe(passed);
  };
  const server = createServer((asked, reply) => void pass(asked, reply)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const relay: DockerRelay = {
    dockerHost: `tcp://127.0.0.1:${port}`,
    before: () => {},
    listed: (_, list) => list,
    instead: () => undefined,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return relay;
}

function addressOf(dockerHost: string): { readonly socketPath: string } | { host: string; port: string } {
  if (dockerHost.startsWith('unix://')) return { socketPath: dockerHost.slice('unix://'.length) };
  const { hostname, port } = new URL(dockerHost);
  return { host: hostname, port };
}
