import { trace } from '@opentelemetry/api';
import { pino } from 'pino';
import { prettyFactory } from 'pino-pretty';
import { z } from 'zod';
import { currentRemediationId } from './tracing.ts';

/** Give it objects made for the log, never a request, a header set or a configuration as a whole. */
export type Log = pino.Logger;

export interface LogOptions {
  readonly service: string;
  /** pino's words or those of the tools this unites (DEBUG, INFO, WARNING, ERROR, CRITICAL), in any case. */
  readonly level: string;
  readonly format: 'json' | 'text';
  /** Gets whole lines; standard output by default. */
  readonly destination?: pino.DestinationStream;
}

const levels = {
  trace: 'trace',
  debug: 'debug',
  info: 'info',
  warn: 'warn',
  warning: 'warn',
  error: 'error',
  fatal: 'fatal',
  critical: 'fatal',
  silent: 'silent',
} as const;
const levelWords = 'DEBUG, INFO, WARNING, ERROR or CRITICAL';

/** The settings of every service's log, for its schema. */
export const logSettings = {
  LOG_LEVEL: z
    .string()
    .refine((word) => levelOf(word) !== undefined, { error: `${levelWords}, for example INFO` })
    .default('INFO'),
  LOG_FORMAT: z.enum(['json', 'text']).default('json'),
};

/** One line an event, with the trace and the remediation it belongs to. A RangeError for an unknown level. */
export function createLog({ service, level: word, format, destination }: LogOptions): Log {
  const level = levelOf(word);
  if (level === undefined) throw new RangeError(`'${word}' is no log level: use ${levelWords}`);
  const out = destination ?? pino.destination({ fd: 1, sync: true });
  return pino(
    {
      level,
      base: { service },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      mixin: whereabouts,
      serializers: { err: errorSerializer(level === 'debug' || level === 'trace') },
      redact: { paths: secretPaths, censor: '(not shown)' },
    },
    format === 'json' ? out : textLines(out, destination === undefined && process.stdout.isTTY === true),
  );
}

function levelOf(word: string): (typeof levels)[keyof typeof levels] | undefined {
  const key = word.toLowerCase();
  return Object.hasOwn(levels, key) ? levels[key as keyof typeof levels] : undefined;
}

function whereabouts(): object {
  const span = trace.getActiveSpan()?.spanContext();
  const remediationId = currentRemediationId();
  return {
    ...(span && { trace_id: span.traceId, span_id: span.spanId }),
    ...(remediationId !== undefined && { remediation_id: remediationId }),
  };
}

// In this process and synchronous, so that the last words before an exit are written.
function textLines(out: pino.DestinationStream, colour: boolean): pino.DestinationStream {
  const pretty = prettyFactory({
    colorize: colour,
    ignore: 'pid,hostname,service,span_id',
    messageFormat: ({ service, msg }) => `${service}: ${oneLine(msg ?? '')}`,
    // These two would be printed as they are.
    customPrettifiers: { name: oneLine, caller: oneLine },
    singleLine: true,
    translateTime: 'UTC:yyyy-mm-dd"T"HH:MM:ss.l"Z"',
  });
  return { write: (line) => void out.write(pretty(line)) };
}

// A message must not be able to look like two lines or to move a terminal's cursor.
function oneLine(text: unknown): string {
  return String(text).replace(/\p{Cc}/gu, (character) => JSON.stringify(character).slice(1, -1));
}

const secrets = [
  'authorization',
  'Authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'token',
  'access_token',
  'password',
  'secret',
  'api_key',
  'apiKey',
  'seed',
  'private_key',
  'privateKey',
];
const secretPaths = secrets.flatMap((key) => [`["${key}"]`, `*["${key}"]`]);

const deepestCause = 5;

function errorSerializer(withStack: boolean): (error: unknown) => object {
  const serialize = (error: unknown, depth: number): object => {
    if (!(error instanceof Error)) return { type: typeof error, message: String(error) };
    const code = 'code' in error ? error.code : undefined;
    return {
      type: error.name,
      message: error.message,
      ...((typeof code === 'string' || typeof code === 'number') && { code }),
      ...(error.cause !== undefined && depth < deepestCause && { cause: serialize(error.cause, depth + 1) }),
      ...(withStack && { stack: error.stack }),
    };
  };
  return (error) => serialize(error, 0);
}
