import { z } from 'zod';
import type { EngineCall, EnginePort, EngineReader } from '#libs/actions/engine-port';
import type { ExecEnd } from '#libs/actions/exec-port';
import { listOf } from '#libs/actions/list-of';
import {
  type ContainerInspection,
  type ContainerSummary,
  inspectionSchema,
  summarySchema,
} from './answers.ts';
import { type DockerSettings, openDocker } from './connection.ts';
import { follow, send, statOf } from './dial.ts';
import { DockerError, toDockerError } from './docker-error.ts';
import { execIn } from './exec.ts';
import { type LogBytes, readLogs } from './logs.ts';

/** One Docker Engine. Every method throws a `DockerError`, and every read ends within five seconds. */
export interface DockerEngine extends EnginePort, EngineReader, Disposable {
  /** `decision`: the signed one that it is made under, as its header, for a guard before the engine. */
  call(...to: [...Parameters<EnginePort['call']>, decision?: string]): Promise<unknown>;
  exec(...to: [...Parameters<EnginePort['exec']>, decision?: string]): Promise<ExecEnd>;
  /** What cannot be read of it is left out, and `leftOut` hears of it. */
  list(leftOut?: (entry: unknown) => void): Promise<readonly ContainerSummary[]>;
  /** By full id. Undefined when there is no such container. */
  inspect(containerId: string): Promise<ContainerInspection | undefined>;
  /** What the container wrote last, both streams in their order; the very last is there. By full id, within the signal. */
  logs(containerId: string, signal: AbortSignal): Promise<LogBytes>;
  ping(): Promise<void>;
  /** Calls back when containers come, go or change their names. Nothing after it resolves is missed until `ended` settles. */
  watch(onChange: () => void, signal: AbortSignal): Promise<{ readonly ended: Promise<void> }>;
}

const readTimeoutMs = 5_000;
// What changes who is who, or whether it runs. The checks of HEALTHCHECK alone would send three events each.
const watchedEvents = ['create', 'destroy', 'rename', 'start', 'die', 'pause', 'unpause'];
const eventsCall: EngineCall = {
  method: 'GET',
  path: ['events'],
  query: { filters: JSON.stringify({ type: ['container'], event: watchedEvents }) },
};

/** Nothing is connected until the first call. Throws a `ConfigError` when the settings cannot be used. */
export function openEngine(settings: DockerSettings): DockerEngine {
  const connection = openDocker(settings);
  const closing = new AbortController();

  const fail = (error: unknown): never => {
    throw toDockerError(error, settings.DOCKER_HOST);
  };
  const read = async <S extends z.ZodType>(call: EngineCall, schema: S): Promise<z.output<S>> => {
    // A request that is aborted before it has begun opens a connection all the same, and nobody closes that.
    const ask = async (): Promise<unknown> =>
      closing.signal.aborted
        ? fail(closed())
        : call.method === 'HEAD'
          ? statOf(connection.forReads, call, readTimeoutMs, closing.signal)
          : send(connection.forReads, call, AbortSignal.timeout(readTimeoutMs), closing.signal);
    // The engine may have closed a kept connection in the meantime; a second look does no harm.
    const answer = await ask()
      .catch((error: unknown) => (isReset(error) ? ask() : Promise.reject(error)))
      .catch(fail);
    const parsed = schema.safeParse(answer);
    return parsed.success ? parsed.data : fail(unexpected(parsed.error));
  };

  return {
    call: (call, signal, decision) => send(connection.forWrites, { ...call, decision }, signal).catch(fail),
    exec: (order, signal, decision) =>
      execIn(connection.forWrites, { ...order, create: { ...order.create, decision } }, signal).catch(fail),
    list: (leftOut) =>
      read(
        { method: 'GET', path: ['containers', 'json'], query: { all: true } },
        listOf(summarySchema, leftOut),
      ),
    inspect: (containerId) =>
      orNothing(read({ method: 'GET', path: ['containers', containerId, 'json'] }, inspectionSchema)),
    read: (path, query, method = 'GET') =>
      orNothing(read({ method, path, ...(query ? { query } : {}) }, z.unknown())),
    logs: (containerId, signal) =>
      readLogs(connection.forWrites, containerId, AbortSignal.any([signal, closing.signal])).catch(fail),
    ping: async () => {
      await read({ method: 'GET', path: ['_ping'] }, z.unknown());
    },
    watch: (onChange, signal) =>
      follow(connection.forWrites, eventsCall, onChange, readTimeoutMs, signal).catch(fail),
    [Symbol.dispose]: () => {
      closing.abort();
      connection[Symbol.dispose]();
    },
  };
}

function orNothing<T>(work: Promise<T>): Promise<T | undefined> {
  return work.catch((error: unknown) =>
    error instanceof DockerError && error.code === 'http_404' ? undefined : Promise.reject(error),
  );
}

function closed(): DockerError {
  return new DockerError({
    kind: 'not_reached',
    code: 'closed',
    cause: 'The executor is stopping',
    remedy: 'ask again when it runs',
  });
}

function unexpected(cause: z.ZodError): DockerError {
  const where = cause.issues[0]?.path.join('.') ?? '';
  return new DockerError(
    {
      kind: 'refused',
      code: 'unexpected_answer',
      cause: `The Docker Engine answered in a form that is not known (${where})`,
      remedy: 'check that DOCKER_HOST names a Docker Engine, version 20.10 or later',
    },
    cause,
  );
}

function isReset(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ECONNRESET' || code === 'EPIPE';
}
