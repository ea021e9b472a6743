import { headers, Match, type MsgHdrs } from '@nats-io/transport-node';
import type { Context } from '@opentelemetry/api';
import { version } from '#libs/contracts/version';
import { extractContext, injectContext } from '#libs/runtime/tracing';

export const nonceHeader = 'Hemostat-Nonce';
/** Which version of the mesh wrote it: what another one wrote may be readable there. */
export const versionHeader = 'Hemostat-Version';
export const noHeaders = (): MsgHdrs => headers();

/** New headers that carry the active span in W3C form, and who speaks. */
export function tracedHeaders(): MsgHdrs {
  const made = headers();
  made.set(versionHeader, version);
  injectContext((key, value) => made.set(key, value));
  return made;
}

/** The context that a message was sent in; the root context when it carries none. */
export function contextOf(from: MsgHdrs | undefined): Context {
  return extractContext((key) => headerOf(from, key));
}

/**
 * The headers of a message; undefined when it has none, or such as nobody can read. The client reads them when they are
 * first looked at, and throws then: a message that anybody may send must not be one that nobody can handle.
 */
export function readableHeaders(look: () => MsgHdrs | undefined): MsgHdrs | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

/** One header, its name in any case; undefined when it is missing or empty. */
export function headerOf(from: MsgHdrs | undefined, key: string): string | undefined {
  return from?.get(key) || headerValues(from, key)[0];
}

/** Every value that stands under a name, whatever its case; none twice, and none that is empty. */
export function headerValues(from: MsgHdrs | undefined, key: string): readonly string[] {
  return [...new Set(from?.values(key, Match.IgnoreCase))].filter((value) => value !== '');
}

/** The trace id that a message was sent in. */
export function traceIdOf(from: MsgHdrs | undefined): string | undefined {
  return headerOf(from, 'traceparent')?.split('-')[1];
}
