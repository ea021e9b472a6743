import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { Problem, type ProblemCode } from '#libs/contracts/problem';

export const longestHeadersBytes = 16_384;

type BrokenRequest = Error & { readonly code?: string };

/** Answers what is no HTTP that a request could be made of: a problem document, then the end of the connection. */
export function answerBrokenConnections(error: BrokenRequest, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem = new Problem(...problemOf(error.code));
  const body = JSON.stringify(problem.toDocument());
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    'content-type: application/problem+json; charset=utf-8',
    'x-content-type-options: nosniff',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

function problemOf(code: string | undefined): readonly [ProblemCode, string] {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return ['headers_too_large', 'The headers are too long. Send at most 16 KiB of them.'];
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return [
        'request_timeout',
        'The request did not arrive whole within the time there is for it (10 seconds for its headers, 30 for all). Send it again, in one go.',
      ];
    default:
      return ['invalid_request', 'This is no HTTP request that can be read.'];
  }
}
