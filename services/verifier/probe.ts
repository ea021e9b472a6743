import { Agent, request } from 'undici';
import { parseJson } from '#libs/contracts/json';
import { cappedText } from '#libs/runtime/capped-text';

/** Why there is no answer. Which of them speak against the target, and which against the way to it, is judged elsewhere. */
export type Failure = 'refused' | 'reset' | 'timed_out' | 'no_answer_yet' | 'no_such_host' | 'no_way';

export type EndpointReading =
  | { readonly kind: 'answered'; readonly status: number; readonly body: unknown }
  | { readonly kind: 'failed'; readonly failure: Failure };

export type TargetReading = {
  readonly health: EndpointReading;
  readonly metrics: EndpointReading;
  readonly pool: EndpointReading;
};

export type Look = { readonly soFar: () => TargetReading; readonly done: Promise<TargetReading> };

export interface Probe extends AsyncDisposable {
  /** Never rejects. `body` is undefined when it was no JSON, or too long to be read. */
  look(): Look;
}

const noAnswerYet: EndpointReading = { kind: 'failed', failure: 'no_answer_yet' };

const longestBodyBytes = 1024 * 1024;

/** Asks the three health endpoints at once, with one time-out for all. The address is the configured one and redirects lead nowhere. */
export function createProbe(targetUrl: string, timeoutMs: number): Probe {
  // A connection kept from before a restart would answer with a reset: every probe makes its own.
  const agent = new Agent({ pipelining: 0, headersTimeout: 0, bodyTimeout: 0, connect: { timeout: 0 } });
  const base = targetUrl.endsWith('/') ? targetUrl : `${targetUrl}/`;
  return {
    look: () => {
      const signal = AbortSignal.timeout(timeoutMs);
      let reading: TargetReading = { health: noAnswerYet, metrics: noAnswerYet, pool: noAnswerYet };
      const get = async (part: keyof TargetReading, path: string): Promise<void> => {
        const answer = await readEndpoint(agent, new URL(`api/v1/${path}`, base), signal);
        reading = { ...reading, [part]: answer };
      };
      const all = [get('health', 'health'), get('metrics', 'metrics'), get('pool', 'pool/status')];
      return { soFar: () => reading, done: Promise.all(all).then(() => reading) };
    },
    [Symbol.asyncDispose]: () => agent.destroy(),
  };
}

async function readEndpoint(dispatcher: Agent, url: URL, signal: AbortSignal): Promise<EndpointReading> {
  try {
    const headers = { accept: 'application/json' };
    const { statusCode, body } = await request(url, { dispatcher, signal, headers });
    return {
      kind: 'answered',
      status: statusCode,
      body: jsonOrNothing(await cappedText(body, longestBodyBytes)),
    };
  } catch (error) {
    return { kind: 'failed', failure: failureOf(error) };
  }
}

function jsonOrNothing(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : parseJson(text);
  } catch {
    return undefined;
  }
}

const failures: Readonly<Record<string, Failure>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  UND_ERR_SOCKET: 'reset',
  ETIMEDOUT: 'timed_out',
  UND_ERR_CONNECT_TIMEOUT: 'timed_out',
  ENOTFOUND: 'no_such_host',
  EAI_AGAIN: 'no_such_host',
};

function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return 'no_way';
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return 'timed_out';
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  // Node's HTTP parser complains with HPE_…: something answers, but not in HTTP.
  return failures[code] ?? 'no_way';
}
