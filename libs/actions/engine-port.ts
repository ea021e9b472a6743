import type { Details } from '#libs/contracts/scalars';
import type { ExecEnd, ExecOrder } from './exec-port.ts';

/** One request to the Docker Engine as data: what the preview shows, the intent stores and `run` sends is the same. */
export type EngineCall = {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'DELETE';
  /** Each text becomes exactly one segment of the path, whatever it holds. */
  readonly path: readonly string[];
  readonly query?: Readonly<Record<string, string | number | boolean>>;
  readonly body?: Details;
};

/** How actions reach the Docker Engine. Resolves to what it answered; that something is so already is a success. */
export interface EnginePort {
  call(call: EngineCall, signal: AbortSignal): Promise<unknown>;
  /** Runs one program in a container. Resolves also when it could not be found, or did not end in time. */
  exec(order: ExecOrder, signal: AbortSignal): Promise<ExecEnd>;
}

/**
 * How actions look at the Docker Engine; nothing can be changed by it. Undefined: there is no such thing (HTTP 404). Each
 * look ends within five seconds.
 */
export interface EngineReader {
  /** `HEAD`: only what the engine says of a file in a container. */
  read(path: readonly string[], query?: EngineCall['query'], method?: 'GET' | 'HEAD'): Promise<unknown>;
}

/** The HTTP status of an engine's no; undefined when the error is something else. */
export function refusedWith(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('kind' in error) || error.kind !== 'refused') return undefined;
  return 'status' in error && typeof error.status === 'number' ? error.status : undefined;
}

/** The engine's no has been understood. The message says what it means, and what to do. */
export class ActionFailed extends Error {
  override readonly name = 'ActionFailed';
  readonly code: string;
  /** How far it got, for whoever asked. */
  readonly result: Details;

  constructor(
    message: string,
    { code = 'docker_refused', result = {} }: { code?: string; result?: Details } = {},
  ) {
    super(message);
    this.code = code;
    this.result = result;
  }
}

export const fullId = /^[0-9a-f]{64}$/;

/** A call on one container. Throws a `RangeError` unless the id is a full one: a name might be another container's by now. */
export function containerCall(
  method: EngineCall['method'],
  containerId: string,
  verb: string,
  query?: EngineCall['query'],
): EngineCall {
  if (!fullId.test(containerId)) throw new RangeError('a container is called by its full id only');
  return { method, path: ['containers', containerId, verb], ...(query ? { query } : {}) };
}

/**
 * `POST /containers/<id>/restart?t=10`, and the body as JSON behind it if there is one, without the values of
 * environment variables: this text is stored, and they hold passwords. Throws a `RangeError` on a segment that would
 * change the path.
 */
export function callText(call: EngineCall): string {
  const pairs = Object.entries(call.query ?? {}).map(([key, value]): [string, string] => [
    key,
    String(value),
  ]);
  const query = new URLSearchParams(pairs).toString();
  const body = call.body === undefined ? '' : ` ${JSON.stringify(call.body, withoutValues)}`;
  return `${call.method} ${pathText(call.path)}${query === '' ? '' : `?${query}`}${body}`;
}

function withoutValues(name: string, value: unknown): unknown {
  if (name !== 'Env' || !Array.isArray(value)) return value;
  return value.map((each) => String(each).replace(/=.*/s, '=…'));
}

/** The path of a call, every segment encoded. Throws a `RangeError` on an empty or a relative one. */
export function pathText(segments: readonly string[]): string {
  return segments
    .map((segment) => {
      if (segment === '' || segment === '.' || segment === '..') {
        throw new RangeError(`"${segment}" cannot be a segment of a path`);
      }
      return `/${encodeURIComponent(segment)}`;
    })
    .join('');
}
