import { Agent, request } from 'undici';
import {
  type EndpointAnswer,
  type EndpointCall,
  type EndpointName,
  type EndpointPort,
  endpointSettings,
} from '#libs/actions/endpoint-port';
import { pathText } from '#libs/actions/engine-port';
import { jsonWithin } from '#libs/contracts/json';
import { cappedText } from '#libs/runtime/capped-text';
import type { Clock } from '#libs/runtime/clock';
import { EndpointError, toEndpointError } from './endpoint-error.ts';

/** The HTTP endpoints of this executor. Every call throws an `EndpointError` when there is no answer. */
export interface Endpoints extends EndpointPort, AsyncDisposable {
  /** Undefined when the endpoint can be called; else which setting is missing. */
  missing(endpoint: EndpointName): string | undefined;
}

export type EndpointAddresses = Readonly<Record<EndpointName, string | undefined>>;

const longestBodyBytes = 64 * 1024;
// It may stand in facts, and whoever reads those goes down every level of them.
const deepestBody = 32;

/** `token` goes to the endpoints as bearer token, except to the chaos server. Redirects lead nowhere. */
export function openEndpoints(
  addresses: EndpointAddresses,
  token: string | undefined,
  clock: Clock,
): Endpoints {
  // A kept connection may be closed by the other side at the very moment of a call: each call makes its own.
  const agent = new Agent({ pipelining: 0, headersTimeout: 0, bodyTimeout: 0, connect: { timeout: 5_000 } });
  return {
    missing: (endpoint) => (addresses[endpoint] === undefined ? endpointSettings[endpoint] : undefined),
    call: async (call, signal) => {
      const setting = endpointSettings[call.endpoint];
      const address = addresses[call.endpoint];
      if (address === undefined) {
        throw new EndpointError('not_reached', `${setting} is not set`, `set ${setting} for the executor`);
      }
      try {
        return await send(agent, addressOf(address, call), call, headersFor(call, token), signal);
      } catch (error) {
        throw toEndpointError(error, setting);
      }
    },
    pause: async (ms, signal) => {
      await clock.sleep(ms, signal);
      signal.throwIfAborted();
    },
    [Symbol.asyncDispose]: () => agent.destroy(),
  };
}

/** Why an action on endpoints does not apply, where one of them has no address. */
export function whyNotCallable(
  calls: readonly EndpointCall[],
  missing: Endpoints['missing'],
): string | undefined {
  const [setting] = calls.flatMap(({ endpoint }) => missing(endpoint) ?? []);
  return setting && `${setting} is not set, so there is nothing to call. Set it for the executor.`;
}

function addressOf(address: string, { path }: EndpointCall): string {
  return path.length === 0 ? address : `${address.replace(/\/+$/, '')}${pathText(path)}`;
}

function headersFor({ endpoint, body }: EndpointCall, token: string | undefined): Record<string, string> {
  return {
    accept: 'application/json',
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(token === undefined || endpoint === 'chaos' ? {} : { authorization: `Bearer ${token}` }),
  };
}

async function send(
  dispatcher: Agent,
  url: string,
  { method, body: payload }: EndpointCall,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<EndpointAnswer> {
  const sent = payload === undefined ? {} : { body: JSON.stringify(payload) };
  const { statusCode, body } = await request(url, { dispatcher, method, headers, signal, ...sent });
  return { status: statusCode, body: await jsonOf(body) };
}

async function jsonOf(body: AsyncIterable<Uint8Array>): Promise<unknown> {
  const text = await cappedText(body, longestBodyBytes);
  return text === undefined ? undefined : jsonWithin(text, deepestBody);
}
