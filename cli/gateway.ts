import type { z } from 'zod';
import { systemClock } from '#libs/runtime/clock';
import { CommandError, errorOfProblem } from './command-error.ts';
import { eventsIn, type StreamEvent } from './event-stream.ts';
import { exitCodes } from './exit-codes.ts';
import { bodyOf, notAGateway, type Query, sender, unreachable } from './reach.ts';
import type { ClientSettings } from './settings.ts';

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

export function gatewayAt(settings: ClientSettings, signal: AbortSignal): Gateway {
  const { url } = settings;
  const send = sender(settings);
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
      using silence = silenceAlarm();
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
        for await (const event of eventsIn(silence.heard(response.body ?? []))) {
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

/** Goes off when nothing is heard for too long, from the very beginning. */
function silenceAlarm() {
  const alarm = new AbortController();
  const timer = setTimeout(() => alarm.abort(), silenceMs);
  return {
    signal: alarm.signal,
    async *heard(
      chunks: AsyncIterable<Uint8Array> | readonly Uint8Array[],
    ): AsyncGenerator<Uint8Array, void> {
      for await (const chunk of chunks) {
        timer.refresh();
        yield chunk;
      }
    },
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}
