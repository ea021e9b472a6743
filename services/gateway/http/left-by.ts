import type { FastifyReply } from 'fastify';

/**
 * Aborts when the caller leaves before his answer is complete. The request's own signal aborts after every answer, and
 * an abort without a reason makes an error with its stack.
 */
export function leftBy(reply: FastifyReply): AbortSignal {
  const left = new AbortController();
  const leave = (): void => {
    if (!reply.raw.writableFinished) left.abort('the caller has left');
  };
  if (reply.raw.closed || reply.raw.destroyed) leave();
  else reply.raw.once('close', leave);
  return left.signal;
}
