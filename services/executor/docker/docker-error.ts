import { type GuardAnswer, readGuardText } from '#libs/contracts/guard-answer';
import { Problem } from '#libs/contracts/problem';
import type { DockerAddress } from './docker-address.ts';
import { recovers, type Trouble, unreachable } from './unreachable.ts';

/**
 * What a failed call to the engine means. `not_reached`: it never heard of the call. `refused`: it answered no.
 * `no_answer`: it may have done it, may be doing it, or may never have heard of it.
 */
export type DockerErrorKind = 'not_reached' | 'refused' | 'no_answer';

type Meaning = Trouble & {
  readonly kind: DockerErrorKind;
  readonly code: string;
  readonly status?: number;
};

/** A failed call, with its cause and remedy in words for whoever runs the engine. */
export class DockerError extends Error {
  override readonly name = 'DockerError';
  readonly kind: DockerErrorKind;
  readonly code: string;
  /** HTTP status of a refusal. */
  readonly status: number | undefined;
  readonly remedy: string;

  constructor(meaning: Meaning, cause?: unknown) {
    super(meaning.cause, { cause });
    this.kind = meaning.kind;
    this.code = meaning.code;
    this.status = meaning.status;
    this.remedy = meaning.remedy;
  }

  /** For a caller who needs the engine and cannot have it. */
  toProblem(): Problem {
    return new Problem('docker_unavailable', adviceOf(this), { cause: this });
  }
}

/** Cause and remedy as two sentences. */
export function adviceOf({ message, remedy }: Pick<DockerError, 'message' | 'remedy'>): string {
  return `${message}. ${remedy.charAt(0).toUpperCase()}${remedy.slice(1)}.`;
}

/** The one place where an error of the Docker client gets its meaning. */
export function toDockerError(error: unknown, address: DockerAddress): DockerError {
  return error instanceof DockerError ? error : new DockerError(meaningOf(error, address), error);
}

function meaningOf(error: unknown, address: DockerAddress): Meaning {
  const status = memberOf(error, 'statusCode');
  if (typeof status === 'number') return refusal(error, status);
  const code = textIn(error, 'code') ?? 'unknown';
  const away = unreachable(code, textIn(error, 'syscall'), address);
  if (away) return { kind: 'not_reached', code, ...away };
  if (code === 'ABORT_ERR') {
    return {
      kind: 'no_answer',
      code: 'timeout',
      cause: 'The Docker Engine did not answer in time',
      remedy: `check that it is not overloaded or frozen (docker ps); ${recovers}`,
    };
  }
  return {
    kind: 'no_answer',
    code,
    cause: `The connection to the Docker Engine broke in the middle of a call (${code})`,
    remedy: `check whether the engine was restarted or crashed (its log, docker ps); ${recovers}`,
  };
}

/** Of a call that was refused on its way to the engine, or by what guards that: nothing was done. */
export const notLetThrough = 'not_let_through';

function refusal(error: unknown, status: number): Meaning {
  const words = saidIn(error);
  const guard = readGuardText(words);
  if (guard) return ofGuard(guard, status);
  const foreign = isForeign(error, words);
  const who = foreign ? 'A proxy before the Docker Engine' : 'The Docker Engine';
  const cause = `${who} refused with HTTP ${status}: ${inPlainText(words)}`;
  if (foreign && status >= 500) {
    const remedy = `see the log of the proxy, and check that Docker answers it; ${recovers}`;
    return { kind: 'no_answer', code: `http_${status}`, cause, remedy };
  }
  const barred = foreign || status === 401 || status === 403 || status === 407;
  return {
    kind: 'refused',
    code: barred ? notLetThrough : `http_${status}`,
    status,
    cause,
    remedy: barred
      ? 'allow the executor this call, e.g. in the proxy that guards the Docker socket'
      : "put right what Docker names, then ask again; the engine's log may say more",
  };
}

const markup = /^\s*<|<\/[a-z]\w*>/i;

/** The engine itself says no as JSON with a `message`. */
function isForeign(error: unknown, words: string): boolean {
  const json = memberOf(error, 'json');
  const isDockers = json === null || json === undefined || textIn(json, 'message') !== undefined;
  return !isDockers || markup.test(words);
}

function inPlainText(words: string): string {
  return markup.test(words) ? 'an HTML page' : words.replace(/[\s\p{C}]+/gu, ' ').slice(0, 300);
}

/** Does it say that there is no container of this id? A 404 also comes where a network is missing, or another container. */
export function saysMissing({ status, message }: DockerError, containerId: string): boolean {
  return status === 404 && new RegExp(`no (such )?container\\b.*${containerId}`, 'i').test(message);
}

function ofGuard({ kind, cause, remedy }: GuardAnswer, status: number): Meaning {
  return kind === 'not_reached'
    ? { kind, code: 'guard_not_reached', cause, remedy: `${remedy}; ${recovers}` }
    : { kind, code: 'guard_refused', status, cause: `The Docker guard refuses: ${cause}`, remedy };
}

// Of an answer that was to be a stream the client keeps only the words, in its own message.
function saidIn(error: unknown): string {
  const [, words] = /^\(HTTP code \d{3}\) unexpected - (.+)$/s.exec(textIn(error, 'message') ?? '') ?? [];
  return (
    textIn(memberOf(error, 'json'), 'message') ??
    textIn(error, 'reason') ??
    (words?.trim() || 'no reason given')
  );
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function textIn(value: unknown, name: string): string | undefined {
  const member = memberOf(value, name);
  return typeof member === 'string' ? member : undefined;
}
