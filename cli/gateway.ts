import type { z } from 'zod';
import { parseJson } from '#libs/contracts/json';
import { systemClock } from '#libs/runtime/clock';
import { CommandError, errorOfProblem } from './command-error.ts';
import { eventsIn, type StreamEvent } from './event-stream.ts';
import { exitCodes } from './exit-codes.ts';
import type { ClientSettings } from './settings.ts';

export type Query = Readonly<Record<string, string | number | undefined>>;
export type AskOptions = {
  readonly query?: Query;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  /** Statuses that are answers although they say that something is wrong. */
  readonly answers?: readonly number[];
};
export type Answer = { readonly status: number; readonly body: unknown; readonly headers: Headers };

export type FollowOptions = {
  readonly query?: Query;
  readonly signal: AbortSignal;
  readonly onOpen?: () => void;
  /** The connection broke; it is being made again. */
  readonly onLost: () => void;
};

/** The gateway as the commands see it. Problems come as a `CommandError`. */
export interface Gateway {
  readonly url: string;
  ask(method: 'GET' | 'POST', path: string, options?: AskOptions): Promise<Answer>;
  /** Server-sent events, each once, over as many connections as it takes; ends when the gateway says that nothing more comes. */
  follow(path: string, options: FollowOptions): AsyncGenerator<StreamEvent, void>;
}

const patienceMs = 20_000;
const comeBackMs = 1_000;
// The gateway gives a sign of life every 15 s.
const silenceMs = 45_000;

export function gatewayAt({ url, token }: ClientSettings, signal: AbortSignal): Gateway {
  let bearer = token;
  const send = async (path: string, query: Query, init: RequestInit): Promise<Response> => {
    const go = (): Promise<Response> =>
      fetch(addressOf(url, path, query), {
        ...init,
        redirect: 'error',
        headers: { ...init.headers, ...(bearer ? { authorization: `Bearer ${bearer.text}` } : {}) },
      });
    const response = await go();
    if (response.status !== 401 || bearer?.from !== 'made') return response;
    // Left from an earlier day: a gateway that is open now wants none.
    bearer = undefined;
    await response.body?.cancel();
    return go();
  };
  const ask: Gateway['ask'] = async (method, path, options = {}) => {
    const { query = {}, body, headers = {}, timeoutMs = patienceMs, answers = [] } = options;
    const response = await send(path, query, {
      method,
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }).catch((error: unknown) => {
      throw unreachable(url, error, signal);
    });
    const read = await bodyOf(url, response).catch((error: unknown) => {
      throw error instanceof CommandError ? error : unreachable(url, error, signal);
    });
    if (!response.ok && !answers.includes(response.status))
      throw errorOfProblem(read) ?? notAGateway(url, response.status);
    return { status: response.status, body: read, headers: response.headers };
  };

  async function* follow(path: string, options: FollowOptions): AsyncGenerator<StreamEvent, void> {
    const { query = {}, onOpen = () => {}, onLost, signal: stop } = options;
    let last: string | undefined;
    for (let met = false; ; await systemClock.sleep(comeBackMs, stop)) {
      const silence = new AbortController();
      const init = {
        signal: AbortSignal.any([signal, stop, silence.signal]),
        headers: { accept: 'text/event-stream', ...(last === undefined ? {} : { 'last-event-id': last }) },
      };
      try {
        stop.throwIfAborted();
        const response = await send(path, query, init);
        if (response.status === 204) return;
        if (!response.ok)
          throw errorOfProblem(await bodyOf(url, response)) ?? notAGateway(url, response.status);
        onOpen();
        met = true;
        for await (const event of eventsIn(watched(response, silence))) {
          last = event.id ?? last;
          if (event.event !== undefined) yield event;
        }
      } catch (error) {
        if (stop.aborted) return;
        const final = error instanceof CommandError && error.exitCode !== exitCodes.away;
        if (!met || final || signal.aborted) throw final ? error : unreachable(url, error, signal);
        onLost();
      }
    }
  }
  return { url, ask, follow };
}

/** What the answer means to this version; throws when it means nothing to it. */
export function readAnswer<S extends z.ZodType>({ body }: Pick<Answer, 'body'>, schema: S): z.output<S> {
  const read = schema.safeParse(body);
  if (read.success) return read.data;
  throw new CommandError(exitCodes.away, 'The gateway answers in a form that this version does not know.', {
    code: 'other_version',
    remedy: 'use the hemostat command of the same version; --json shows the answer as it is',
  });
}

async function* watched(response: Response, silence: AbortController): AsyncGenerator<Uint8Array, void> {
  const timer = setTimeout(() => silence.abort(), silenceMs);
  try {
    for await (const chunk of response.body ?? []) {
      timer.refresh();
      yield chunk;
    }
  } finally {
    clearTimeout(timer);
  }
}

function addressOf(url: string, path: string, query: Query): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) given.set(name, String(value));
  }
  return `${url}${path}${given.size === 0 ? '' : `?${given}`}`;
}

async function bodyOf(url: string, response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    return parseJson(text);
  } catch {
    throw notAGateway(url, response.status);
  }
}

function notAGateway(url: string, status: number): CommandError {
  return new CommandError(
    exitCodes.away,
    `What answers at ${url} is no gateway of hemostat (HTTP ${status}).`,
    {
      code: 'not_a_gateway',
      remedy: 'correct --url or HEMOSTAT_URL; behind a proxy, see what it says',
    },
  );
}

// Only then it is known that the request did not get there.
const notReached: readonly string[] = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
];

function unreachable(url: string, error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted || error instanceof CommandError) return error;
  const why = whyNot(error);
  return new CommandError(exitCodes.away, `No gateway answers at ${url} (${why}).`, {
    code: notReached.includes(why) ? 'gateway_unreachable' : 'gateway_silent',
    remedy:
      'start the mesh (hemostat up), or say where it is with --url or HEMOSTAT_URL; hemostat doctor looks closer',
  });
}

function whyNot(error: unknown): string {
  if (!(error instanceof Error)) return 'no reason is known';
  if (error.name === 'TimeoutError') return 'it takes too long';
  const { cause } = error;
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code;
  return cause instanceof Error ? cause.message : error.message;
}
