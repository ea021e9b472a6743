import { z } from 'zod';
import type { ProblemCode } from '#libs/contracts/problem';
import { exitCodes } from './exit-codes.ts';
import { remedyFor } from './remedies.ts';

/** What ends a command early: the exit code, the cause, what to do, and what `--json` shows instead of an answer. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exitCode: number;
  readonly remedy: string | undefined;
  /** Further lines below the cause. */
  readonly lines: readonly string[];
  readonly document: Readonly<Record<string, unknown>>;

  constructor(
    exitCode: number,
    cause: string,
    more: {
      readonly code: string;
      readonly remedy?: string | undefined;
      readonly lines?: readonly string[];
      readonly document?: Readonly<Record<string, unknown>>;
    },
  ) {
    super(cause);
    this.exitCode = exitCode;
    this.remedy = more.remedy;
    this.lines = more.lines ?? [];
    const made = { code: more.code, detail: cause, ...(more.remedy ? { remedy: more.remedy } : {}) };
    this.document = more.document ?? made;
  }
}

export function usageError(cause: string, remedy?: string): CommandError {
  return new CommandError(exitCodes.usage, cause, { code: 'usage', remedy });
}

const problemSchema = z.looseObject({
  code: z.string(),
  title: z.string(),
  detail: z.string(),
  container: z.string().optional(),
  errors: z.array(z.object({ field: z.string(), message: z.string() })).default([]),
});

/** A gateway's problem details as what ends a command; undefined for any other body. */
export function errorOfProblem(body: unknown): CommandError | undefined {
  const read = problemSchema.safeParse(body);
  if (!read.success) return undefined;
  const { code, detail, errors, container } = read.data;
  return new CommandError(exitCodeOf(code), detail, {
    code,
    remedy: remedyFor(code, container),
    lines: errors
      .filter(({ message }) => !detail.includes(message))
      .map(({ field, message }) => `${field} ${message}`),
    document: read.data,
  });
}

const codesByExit: Readonly<Record<'usage' | 'away' | 'notPermitted' | 'unwell', readonly ProblemCode[]>> = {
  usage: [
    'invalid_request',
    'idempotency_key_reused',
    'payload_too_large',
    'unsupported_media_type',
    'method_not_allowed',
  ],
  away: ['nats_unavailable', 'docker_unavailable', 'service_unavailable', 'too_many_streams', 'internal'],
  notPermitted: ['unauthenticated', 'not_permitted'],
  unwell: ['not_found'],
};

/** Every other code is a word of safety's: refused. */
export function exitCodeOf(code: string): number {
  const has = (codes: readonly string[]): boolean => codes.includes(code);
  if (has(codesByExit.usage)) return exitCodes.usage;
  if (has(codesByExit.away)) return exitCodes.away;
  if (has(codesByExit.notPermitted)) return exitCodes.notPermitted;
  return has(codesByExit.unwell) ? exitCodes.unwell : exitCodes.refused;
}
