import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import type { FuzzRequest } from './request-arbitrary.ts';

export type Heard = { readonly status: number; readonly contentType: string | null; readonly body: string };

const agent = new Agent({ keepAlive: true, maxSockets: 32 });
const answersWithinMs = 30_000;

/** The answer to one request. Of an event stream, which does not end, only its head. */
export function send(port: number, { method, path, headers, body }: FuzzRequest): Promise<Heard> {
  return new Promise((resolve, reject) => {
    const asked = request({
      host: '127.0.0.1',
      port,
      method,
      path,
      headers,
      agent,
      timeout: answersWithinMs,
    });
    asked.once('error', reject);
    asked.once('timeout', () => asked.destroy(new Error('no answer within 30 seconds')));
    asked.once('response', (response) => {
      const status = response.statusCode ?? 0;
      const contentType = response.headers['content-type'] ?? null;
      if (contentType?.startsWith('text/event-stream')) {
        response.destroy();
        return resolve({ status, contentType, body: '' });
      }
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.once('error', reject);
      response.once('end', () => resolve({ status, contentType, body: Buffer.concat(parts).toString() }));
    });
    asked.end(body);
  });
}

/** What comes back for raw bytes: until the other side closes, or has answered and would go on. */
export function sendRaw(port: number, bytes: string, withinMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let heard = '';
    socket.on('data', (part: Buffer) => {
      heard += part.toString('latin1');
      if (/^connection: keep-alive\r$/im.test(heard)) socket.destroy();
    });
    socket.on('error', () => undefined);
    socket.setTimeout(withinMs, () => {
      reject(new Error(`still open after ${withinMs} ms; heard ${JSON.stringify(heard)}`));
      socket.destroy();
    });
    socket.once('close', () => resolve(heard));
    socket.write(bytes, 'latin1');
  });
}

export function closeConnections(): void {
  agent.destroy();
}
