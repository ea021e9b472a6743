import { existsSync, readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { homedir } from 'node:os';
import { join } from 'node:path';

// As the Docker client of the mesh does: newer Docker Desktops have only the socket under the home folder.
const desktopSocket = join(homedir(), '.docker/run/docker.sock');
const defaultSocket = existsSync(desktopSocket) ? desktopSocket : '/var/run/docker.sock';
const pingTimeoutMs = 3_000;

/** Where the mesh will look for Docker: DOCKER_HOST, or the default socket. */
export function engineAddress(env = process.env) {
  const named = env.DOCKER_HOST;
  if (!named) return { name: defaultSocket, socketPath: defaultSocket, isDefault: true };
  if (named.startsWith('unix://')) return { name: named, socketPath: named.slice('unix://'.length) };
  const url = new URL(named.includes('://') ? named : `tcp://${named}`);
  const tls = env.DOCKER_TLS_VERIFY === '1' ? certificates(env.DOCKER_CERT_PATH) : undefined;
  return { name: named, host: url.hostname, port: Number(url.port || (tls ? 2376 : 2375)), tls };
}

/** Gives undefined when an engine answers, else the reason: an error code, or what was answered. */
export function whyNoAnswer(address) {
  const { socketPath, host, port, tls } = address;
  const options = { socketPath, host, port, ...tls, path: '/_ping', timeout: pingTimeoutMs };
  return new Promise((resolve) => {
    const request = (tls ? https : http).get(options, (response) => {
      response.resume();
      resolve(response.statusCode === 200 ? undefined : `HTTP ${response.statusCode}`);
    });
    request.on('timeout', () => request.destroy(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })));
    request.on('error', (error) => resolve(error.code ?? error.message));
  });
}

function certificates(folder) {
  if (!folder) return {};
  const read = (name) => readFileSync(join(folder, name));
  return { ca: read('ca.pem'), cert: read('cert.pem'), key: read('key.pem') };
}
