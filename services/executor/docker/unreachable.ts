import { addressText, type DockerAddress } from './docker-address.ts';

export type Trouble = { readonly cause: string; readonly remedy: string };

export const recovers = 'the mesh goes on by itself as soon as Docker answers';

/** Cause and remedy of errors that say that no call got to the engine; undefined for any other error. */
export function unreachable(
  code: string,
  syscall: string | undefined,
  address: DockerAddress,
): Trouble | undefined {
  const where = addressText(address);
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return {
        cause: `Cannot connect to the Docker daemon: the socket ${where} does not exist`,
        remedy: `start Docker (docker ps must work), or docker-guard where the socket is its own; mount it into the executor's container; or correct DOCKER_HOST; ${recovers}`,
      };
    case 'EACCES':
    case 'EPERM':
      return {
        cause: `Permission denied on the Docker socket ${where}`,
        remedy: `let the executor's user write to the socket: compare its owner and group (ls -la ${where}) with the user's groups (id); in a container, add the socket's group with group_add; ${recovers}`,
      };
    case 'ECONNREFUSED':
      return {
        cause: `Cannot connect to the Docker daemon: nothing listens on ${where}, the engine is stopped`,
        remedy: `start it (systemctl start docker) and see that docker ps works; start docker-guard where the socket is its own; or correct DOCKER_HOST; ${recovers}`,
      };
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return {
        cause: `The host name of the Docker Engine at ${where} cannot be resolved`,
        remedy: `correct DOCKER_HOST, or check the name service; ${recovers}`,
      };
  }
  if (/CERT|^ERR_TLS|^ERR_SSL|SELF_SIGNED|UNABLE_TO/.test(code)) {
    return {
      cause: `The TLS connection to the Docker Engine at ${where} fails (${code})`,
      remedy: 'check DOCKER_CERT_PATH, and that the certificate of the engine names the host in DOCKER_HOST',
    };
  }
  if (syscall !== 'connect') return undefined;
  return {
    cause: `Cannot connect to the Docker Engine at ${where} (${code})`,
    remedy: `check the network and DOCKER_HOST; ${recovers}`,
  };
}
