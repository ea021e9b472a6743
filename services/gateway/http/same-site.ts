import { isIP } from 'node:net';

/** The headers that tell whose page made a request. */
export type Provenance = {
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly fetchSite: string | undefined;
};

/**
 * Why a request looks like a rebound DNS name's doing: the browser believes that it talks to the site of the page.
 * Undefined when it does not. An address cannot be rebound, and neither can a name that whoever runs the gateway knows.
 */
export function reboundName(host: string | undefined, allowed: readonly string[]): string | undefined {
  const name = host === undefined ? '' : nameOf(host);
  if (isOwnName(name) || allowed.some((each) => nameOf(each) === name)) return undefined;
  return `The Host header names ${JSON.stringify(name)}, which this gateway does not know for its own name. It answers without a token to localhost, to IP addresses, and to the names in GATEWAY_ALLOWED_HOSTS: whoever runs it can add the name there. A request with a token may use any name.`;
}

/**
 * Why a request looks like another web site's doing, in the name of somebody whose browser can reach this gateway;
 * undefined when it does not.
 */
export function foreignSite(from: Provenance, allowed: readonly string[]): string | undefined {
  const rebound = reboundName(from.host, allowed);
  if (rebound !== undefined) return rebound;
  if (from.fetchSite === 'cross-site') return 'Pages of other web sites may not use this gateway.';
  if (from.origin === undefined) return undefined;
  const sameHost = URL.parse(from.origin)?.host === from.host?.toLowerCase();
  return sameHost ? undefined : 'Pages of other web sites may not use this gateway.';
}

function nameOf(host: string): string {
  return host.toLowerCase().replace(/:\d+$/, '');
}

function isOwnName(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost') || isIP(name.replace(/^\[(.+)\]$/, '$1')) > 0;
}
