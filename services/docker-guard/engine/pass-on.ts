/**
 * Guarantee: a call is made once, on a connection of its own. Where nobody knows what the engine heard of it, the
 * client's connection breaks as the engine's did, and no answer is made up.
 */
import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { notReached } from './not-reached.ts';

export type Outgoing = {
  readonly method: string;
  readonly path: string;
  readonly body: string | undefined;
  /** Takes the whole of an answer that says yes before the client does. */
  readonly heard: ((answer: unknown) => void) | undefined;
};

const mostHeardBytes = 64 * 1_024;

/** Resolves to the status of what was passed back; rejects with `NotReached`, and otherwise never. */
export function passOn(
  socketPath: string,
  outgoing: Outgoing,
  reply: ServerResponse,
): Promise<number | undefined> {
  const { method, path, body, heard } = outgoing;
  const headers =
    body === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, method, path, headers, agent: false });
    const breakOff = (): void => {
      reply.destroy();
      resolve(undefined);
    };
    reply.on('close', () => {
      call.destroy();
      resolve(reply.statusCode);
    });
    call.on('error', (error) => {
      const away = reply.headersSent ? undefined : notReached(error, socketPath);
      if (away && !reply.destroyed) reject(away);
      else breakOff();
    });
    call.on('response', (answer) => {
      const status = answer.statusCode ?? 502;
      answer.on('error', breakOff).on('close', () => answer.complete || breakOff());
      if (heard && status < 300)
        void hear(answer, heard).then((text) => finish(reply, answer, text), breakOff);
      else {
        reply.writeHead(status, headersOf(answer)).flushHeaders();
        answer.pipe(reply);
      }
    });
    call.end(body);
  });
}

async function hear(answer: IncomingMessage, heard: (answer: unknown) => void): Promise<string> {
  let text = '';
  for await (const piece of answer.setEncoding('utf8')) {
    text += piece;
    if (text.length > mostHeardBytes) throw new Error('the answer is too long');
  }
  heard(JSON.parse(text));
  return text;
}

function finish(reply: ServerResponse, answer: IncomingMessage, text: string): void {
  reply.writeHead(answer.statusCode ?? 502, headersOf(answer)).end(text);
}

function headersOf({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    ['content-type', 'content-length', 'x-docker-container-path-stat'].flatMap((name) => {
      const value = headers[name];
      return typeof value === 'string' ? [[name, value]] : [];
    }),
  );
}
