import { readFileSync } from 'node:fs';
import * as http from 'node:http';
import * as https from 'node:https';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import Docker from 'dockerode';
import { ConfigError } from '#libs/runtime/config';
import type { ExecutorSettings } from '../config.ts';
import { opaque } from './opaque.ts';
import { openOverSsh, type SshSettings } from './ssh-stream.ts';

export type DockerSettings = Pick<
  ExecutorSettings,
  'DOCKER_HOST' | 'DOCKER_TLS_VERIFY' | 'DOCKER_CERT_PATH'
> &
  SshSettings;

/** Two clients of one engine; dispose to close their idle connections. */
export interface DockerConnection extends Disposable {
  /** Keeps its connections, so that a look costs less than a millisecond. */
  readonly forReads: Docker;
  /** Takes a new connection for each call: a kept one may be half closed, and then nobody knows whether the call arrived. */
  readonly forWrites: Docker;
}

const mostReadsAtOnce = 32;
/** Each is a program of its own here and a log-in there. */
const mostReadsOverSsh = 4;

/** Nothing is connected yet. Throws a `ConfigError` when the certificates cannot be read. */
export function openDocker(settings: DockerSettings): DockerConnection {
  const address = settings.DOCKER_HOST;
  const withTls =
    address.kind === 'tcp' &&
    (address.tls || settings.DOCKER_TLS_VERIFY || settings.DOCKER_CERT_PATH !== undefined);
  const certificates = withTls ? readCertificates(settings.DOCKER_CERT_PATH) : {};
  const { Agent } = withTls ? https : http;
  const maxSockets = address.kind === 'ssh' ? mostReadsOverSsh : mostReadsAtOnce;
  const kept = opaque(new Agent({ keepAlive: true, maxSockets }));
  const fresh = opaque(new Agent({ keepAlive: false }));
  if (address.kind === 'ssh') {
    for (const agent of [kept, fresh]) agent.createConnection = dialler(address, settings);
  }
  // Every member is given, because dockerode fills what is missing from the environment of the process.
  const options = {
    socketPath: address.kind === 'unix' ? address.path : undefined,
    host: address.kind === 'unix' ? undefined : address.kind === 'tcp' ? address.host : 'docker',
    port: address.kind === 'tcp' ? address.port : undefined,
    protocol: withTls ? ('https' as const) : ('http' as const),
    pathPrefix: '/',
    ca: undefined,
    cert: undefined,
    key: undefined,
    timeout: undefined,
    ...certificates,
  };
  const reads = { ...options, agent: kept };
  const writes = { ...options, agent: fresh };
  return {
    forReads: new Docker(reads),
    forWrites: new Docker(writes),
    [Symbol.dispose]: () => {
      kept.destroy();
      fresh.destroy();
    },
  };
}

function dialler(...to: Parameters<typeof openOverSsh>): http.Agent['createConnection'] {
  return (_options, callback) => {
    openOverSsh(...to).then(
      (stream) => callback?.(null, stream),
      (error: Error) => callback?.(error, new Duplex().destroy()),
    );
    return undefined;
  };
}

type Certificates = { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer };

function readCertificates(folder: string | undefined): Certificates {
  if (folder === undefined) return {};
  try {
    const read = (name: string): Buffer => readFileSync(join(folder, name));
    return { ca: read('ca.pem'), cert: read('cert.pem'), key: read('key.pem') };
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'it cannot be read';
    throw new ConfigError([
      {
        name: 'DOCKER_CERT_PATH',
        found: `${JSON.stringify(folder)} (${why})`,
        expected: 'a folder with readable ca.pem, cert.pem and key.pem, for example /certs/client',
      },
    ]);
  }
}
