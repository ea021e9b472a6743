/** Where the Docker Engine listens, as DOCKER_HOST says it. */
export type DockerAddress =
  | { readonly kind: 'unix'; readonly path: string }
  | {
      readonly kind: 'ssh';
      readonly host: string;
      readonly port: number | undefined;
      readonly user: string | undefined;
    }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly tls: boolean };

export const defaultDockerHost = 'unix:///var/run/docker.sock';
const plainPort = 2375;
const tlsPort = 2376;

/** Reads DOCKER_HOST in the forms that Docker itself takes, and a bare path; undefined for anything else. */
export function parseDockerHost(text: string): DockerAddress | undefined {
  if (text.startsWith('/')) return { kind: 'unix', path: text };
  if (text.startsWith('unix://')) return unix(text.slice('unix://'.length));
  if (text.startsWith('ssh://')) return ssh(text);
  const url = URL.parse(text.includes('://') ? text : `tcp://${text}`);
  if (!url || !['tcp:', 'http:', 'https:'].includes(url.protocol) || url.hostname === '') return undefined;
  if (url.username !== '' || !['', '/'].includes(url.pathname) || url.search !== '') return undefined;
  const port = portOf(url);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return { kind: 'tcp', host, port, tls: url.protocol === 'https:' || port === tlsPort };
}

/** How a person would write it. */
export function addressText(address: DockerAddress): string {
  if (address.kind === 'unix') return address.path;
  return address.port === undefined ? address.host : `${address.host}:${address.port}`;
}

function unix(path: string): DockerAddress | undefined {
  if (path === '') return parseDockerHost(defaultDockerHost);
  return path.startsWith('/') ? { kind: 'unix', path } : undefined;
}

function ssh(text: string): DockerAddress | undefined {
  const url = URL.parse(text);
  if (url?.password !== '' || !['', '/'].includes(url.pathname) || url.search !== '' || url.hash !== '') {
    return undefined;
  }
  const host = url.hostname.replace(/^\[|\]$/g, '');
  // Neither may look like an option of ssh.
  if (
    !/^[A-Za-z0-9:][A-Za-z0-9.:_-]*$/.test(host) ||
    !/^([A-Za-z0-9_][A-Za-z0-9_.-]*)?$/.test(url.username)
  ) {
    return undefined;
  }
  const port = url.port === '' ? undefined : Number(url.port);
  return { kind: 'ssh', host, port, user: url.username || undefined };
}

// The URL class leaves a port out when it is the scheme's own; tcp has none.
function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port);
  if (url.protocol === 'tcp:') return plainPort;
  return url.protocol === 'https:' ? 443 : 80;
}
