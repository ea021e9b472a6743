import type { Socket } from 'node:net';
import { Problem } from '#libs/contracts/problem';

type BrokenRequest = Error & { readonly code?: string };

/** Answers what is no HTTP that a request could be made of: a problem document, then the end of the connection. */
export function answerBrokenConnections(error: BrokenRequest, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const detail =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? 'The headers are too long. Send at most 16 KiB of them.'
      : 'This is no HTTP request that can be read.';
  const body = JSON.stringify(new Problem('invalid_request', detail).toDocument());
  const head = [
    'HTTP/1.1 400 Bad Request',
    'content-type: application/problem+json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
