import type { Details } from '#libs/contracts/scalars';
import { pathText } from './engine-port.ts';

/** The HTTP endpoints that actions may call, by the setting that holds the address. The address itself never travels. */
export const endpointSettings = {
  chaos: 'CHAOS_SERVER_URL',
  'scale-pool': 'SCALE_POOL_URL',
  'rotate-credentials': 'ROTATE_CREDENTIALS_URL',
} as const;
export type EndpointName = keyof typeof endpointSettings;

/** One HTTP request as data. The path comes after the configured address. */
export type EndpointCall = {
  readonly endpoint: EndpointName;
  readonly method: 'GET' | 'POST';
  /** Each text becomes exactly one segment of the path, whatever it holds. */
  readonly path: readonly string[];
  readonly body?: Details;
};

/** `body` is undefined when it was no JSON, too long or too deeply nested to be read. */
export type EndpointAnswer = { readonly status: number; readonly body: unknown };

/** How actions reach an endpoint. Resolves to whatever it answered, refusals included; throws when it did not answer. */
export interface EndpointPort {
  call(call: EndpointCall, signal: AbortSignal): Promise<EndpointAnswer>;
  /** Waits a moment between two looks. Throws when the signal aborts. */
  pause(ms: number, signal: AbortSignal): Promise<void>;
}

/** It answered, and the answer was no. The message says what that means, and what to do. */
export class EndpointRefusal extends Error {
  override readonly name = 'EndpointRefusal';
}

/** `POST {CHAOS_SERVER_URL}/api/v1/break/db_pool/abc-123/stop`. */
export function endpointCallText({ endpoint, method, path }: EndpointCall): string {
  return `${method} {${endpointSettings[endpoint]}}${pathText(path)}`;
}
