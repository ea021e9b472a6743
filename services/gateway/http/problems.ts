import type { FastifyError, FastifyReply } from 'fastify';
import { z } from 'zod';
import { isProblemCode, Problem, type ProblemCode, problems } from '#libs/contracts/problem';
import type { Log } from '#libs/runtime/log';
import { currentTraceId } from '#libs/runtime/tracing';
import { sayJson } from './json-body.ts';
import { locationOf } from './location.ts';

const codes = Object.keys(problems).filter(isProblemCode);

/** RFC 9457. Further members depend on the code: `reason`, `remaining_seconds`, `gates`, `remediation_id` … */
export const problemSchema = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.enum(codes),
  detail: z.string(),
  errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
});

/** For the `response` of every route. */
export const problemResponses = {
  '4xx': {
    description: 'A problem of the request',
    content: { 'application/problem+json': { schema: problemSchema } },
  },
  '5xx': {
    description: 'A problem of the mesh',
    content: { 'application/problem+json': { schema: problemSchema } },
  },
} as const;

const codesOfFastify: Readonly<Record<string, ProblemCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'payload_too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
};

/** What a caller is told about anything thrown. Nothing internal: what is not expected is logged and called internal. */
export function toProblem(error: unknown, log: Log): Problem {
  if (error instanceof Problem) return error;
  const { code, statusCode, message }: Partial<FastifyError> = error instanceof Error ? error : {};
  const known = codesOfFastify[code ?? ''];
  if (known) return new Problem(known, remedies[known] ?? '');
  if (code?.startsWith('FST_ERR_') && statusCode !== undefined && statusCode < 500) {
    return new Problem('invalid_request', `The request is not valid. ${message}`);
  }
  log.error({ err: error }, 'a request could not be answered');
  return new Problem(
    'internal',
    'The gateway failed while answering; its log says why. Trying again may help.',
  );
}

const remedies: Partial<Record<ProblemCode, string>> = {
  payload_too_large: 'Send at most 64 KiB; shorten reason or metrics.',
  unsupported_media_type: sayJson,
};

/** Answers with the problem, when to try again, the trace, and where the remediation is if one stands. */
export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  const retryAfter = retryAfterSeconds(problem);
  if (retryAfter !== undefined) reply.header('retry-after', String(retryAfter));
  const { trace_id: traceId = currentTraceId(), remediation_id: id } = problem.extras;
  if (typeof id === 'string') reply.header('location', locationOf(id));
  const document = problem.toDocument();
  return reply
    .status(problem.status)
    .header('cache-control', 'no-store')
    .type('application/problem+json')
    .send(traceId === undefined ? document : { ...document, trace_id: traceId });
}

/** Whole seconds for `Retry-After`; undefined when waiting alone will not help. */
export function retryAfterSeconds({ code, status, extras }: Problem): number | undefined {
  const remaining = extras.remaining_seconds;
  if (typeof remaining === 'number') return Math.max(1, Math.ceil(remaining));
  // Somebody has to lift it.
  if (code === 'kill_switch') return undefined;
  if (status === 429) return 1;
  return status === 503 ? 5 : undefined;
}
