/** The headers that tell whose page made a request. */
export type Provenance = {
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly fetchSite: string | undefined;
};

/**
 * Why a request to a gateway on loopback looks like a rebound DNS name's doing: the browser believes that it talks to
 * the site of the page. Undefined when it does not.
 */
export function reboundName(host: string | undefined, loopback: boolean): string | undefined {
  if (!loopback || (host !== undefined && isLocalName(nameOf(host.toLowerCase())))) return undefined;
  return 'The Host header does not name this machine. Use http://localhost or http://127.0.0.1.';
}

/**
 * Why a request looks like another web site's doing, in the name of somebody whose browser can reach this gateway;
 * undefined when it does not. On loopback also what a rebound DNS name would look like.
 */
export function foreignSite(from: Provenance, loopback: boolean): string | undefined {
  const host = from.host?.toLowerCase();
  const rebound = reboundName(host, loopback);
  if (rebound !== undefined) return rebound;
  if (from.fetchSite === 'cross-site') return 'Pages of other web sites may not use this gateway.';
  if (from.origin === undefined) return undefined;
  const sameHost = URL.parse(from.origin)?.host === host;
  return sameHost ? undefined : 'Pages of other web sites may not use this gateway.';
}

function nameOf(host: string): string {
  return host.replace(/:\d+$/, '');
}

function isLocalName(name: string): boolean {
  return (
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    name === '[::1]' ||
    /^127(\.\d{1,3}){3}$/.test(name)
  );
}
