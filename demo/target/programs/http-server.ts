import { createServer, type IncomingMessage } from 'node:http';

export type Reply = { readonly status: number; readonly body: object };
export type Asked = {
  /** What the route's pattern captured. */
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
  /** The JSON body; an empty object where there is none. */
  readonly body: Readonly<Record<string, unknown>>;
};
export type Route = {
  readonly method: string;
  readonly path: RegExp;
  answer(asked: Asked): Reply | Promise<Reply>;
};

export const ok = (body: object): Reply => ({ status: 200, body });

/** A JSON API of a few routes. */
export function serve(port: number, routes: readonly Route[], host = '0.0.0.0'): void {
  createServer(async (request, response) => {
    const reply = await answerTo(request, routes).catch(
      (error: unknown): Reply => ({ status: 500, body: { error: String(error) } }),
    );
    response.writeHead(reply.status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(reply.body));
  }).listen(port, host);
}

async function answerTo(request: IncomingMessage, routes: readonly Route[]): Promise<Reply> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://target');
  for (const { method, path, answer } of routes) {
    const match = path.exec(pathname);
    if (match === null || method !== request.method) continue;
    const body = objectIn(await textOf(request));
    if (body === undefined) return { status: 400, body: { error: 'the body is not a JSON object' } };
    return answer({ parts: match.slice(1), query: searchParams, body });
  }
  return { status: 404, body: { error: `there is no ${request.method} ${pathname}` } };
}

async function textOf(request: IncomingMessage): Promise<string> {
  request.setEncoding('utf8');
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}

function objectIn(text: string): Readonly<Record<string, unknown>> | undefined {
  if (text.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
