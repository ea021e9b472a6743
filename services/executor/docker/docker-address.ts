/** Where the Docker Engine listens, as DOCKER_HOST says it. */
export type DockerAddress =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly tls: boolean };

export const defaultDockerHost = 'unix:///var/run/docker.sock';
const plainPort = 2375;
const tlsPort = 2376;

/** Reads DOCKER_HOST in the forms that Docker itself takes, and a bare path; undefined for anything else. */
export function parseDockerHost(text: string): DockerAddress | undefined {
  if (text.startsWith('/')) return { kind: 'unix', path: text };
  if (text.startsWith('unix://')) return unix(text.slice('unix://'.length));
  const url = URL.parse(text.includes('://') ? text : `tcp://${text}`);
  if (!url || !['tcp:', 'http:', 'https:'].includes(url.protocol) || url.hostname === '') return undefined;
  if (url.username !== '' || !['', '/'].includes(url.pathname) || url.search !== '') return undefined;
  const port = portOf(url);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return { kind: 'tcp', host, port, tls: url.protocol === 'https:' || port === tlsPort };
}

/** How a person would write it. */
export function addressText(address: DockerAddress): string {
  return address.kind === 'unix' ? address.path : `${address.host}:${address.port}`;
}

function unix(path: string): DockerAddress | undefined {
  if (path === '') return parseDockerHost(defaultDockerHost);
  return path.startsWith('/') ? { kind: 'unix', path } : undefined;
}

// The URL class leaves a port out when it is the scheme's own; tcp has none.
function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port);
  if (url.protocol === 'tcp:') return plainPort;
  return url.protocol === 'https:' ? 443 : 80;
}
