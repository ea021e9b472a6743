import { parseJson } from '#libs/contracts/json';
import { CommandError } from './command-error.ts';
import { exitCodes } from './exit-codes.ts';
import type { ClientSettings } from './settings.ts';

export type Query = Readonly<Record<string, string | number | undefined>>;

/** Sends a request to the gateway with the token. Rejects with what `fetch` throws. */
export type Send = (path: string, query: Query, init: RequestInit) => Promise<Response>;

export function sender({ url, token }: ClientSettings): Send {
  let bearer = token;
  return async (path, query, init) => {
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
}

function addressOf(url: string, path: string, query: Query): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) given.set(name, String(value));
  }
  return `${url}${path}${given.size === 0 ? '' : `?${given}`}`;
}

/** The body as JSON. Throws when it is none, and so comes from something else. */
export async function bodyOf(url: string, response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    return parseJson(text);
  } catch {
    throw notAGateway(url, response.status);
  }
}

export function notAGateway(url: string, status: number): CommandError {
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

/** What ends a command when no answer came; an error that says so already, and Ctrl-C, stay what they are. */
export function unreachable(url: string, error: unknown, signal: AbortSignal): unknown {
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
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return 'it takes too long';
  const { cause } = error;
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code;
  return cause instanceof Error ? cause.message : error.message;
}
