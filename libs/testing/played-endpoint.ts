import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';

/** `silence`: it hears the request and never answers. */
export type PlayedAnswer = { readonly status?: number; readonly body: unknown } | 'silence';
type Answering = PlayedAnswer | ((path: string) => PlayedAnswer | Promise<PlayedAnswer>);

export type HeardRequest = {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: string;
};

/** An HTTP server that answers as it is told, and remembers what it was asked. */
export interface PlayedEndpoint extends AsyncDisposable {
  readonly url: string;
  /** `GET /path`, or `GET /path/*` for all below it; 404 for what nobody told it. */
  on(what: string, answer: Answering): void;
  asked(what: string): readonly HeardRequest[];
}

export async function playEndpoint(): Promise<PlayedEndpoint> {
  const answers = new Map<string, Answering>();
  const heard: HeardRequest[] = [];
  const server = createServer(async (request, response) => {
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    const { method = '', headers } = request;
    heard.push({ method, path, authorization: headers.authorization, body: await text(request) });
    const key = [...answers.keys()].find((what) => fits(what, method, path));
    const answer = key === undefined ? undefined : answers.get(key);
    send(response, typeof answer === 'function' ? await answer(path) : answer);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    url: `http://127.0.0.1:${port}`,
    on: (what, answer) => void answers.set(what, answer),
    asked: (what) => heard.filter(({ method, path }) => fits(what, method, path)),
    [Symbol.asyncDispose]: async () => {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function fits(what: string, method: string, path: string): boolean {
  const asked = `${method} ${path}`;
  return what.endsWith('*') ? asked.startsWith(what.slice(0, -1)) : asked === what;
}

function send(response: ServerResponse, answer: PlayedAnswer = { status: 404, body: {} }): void {
  if (answer === 'silence') return;
  const { status = 200, body } = answer;
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
