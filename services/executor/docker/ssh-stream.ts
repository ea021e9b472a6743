import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { Duplex } from 'node:stream';
import type { DockerAddress } from './docker-address.ts';
import { DockerError } from './docker-error.ts';
import { recovers } from './unreachable.ts';

export type SshAddress = Extract<DockerAddress, { readonly kind: 'ssh' }>;

export type SshSettings = {
  readonly SSH_AUTH_SOCK?: string | undefined;
  /** A private key, and the keys of hosts that are believed; without them what ssh finds by itself. */
  readonly DOCKER_SSH_IDENTITY?: string | undefined;
  readonly DOCKER_SSH_KNOWN_HOSTS?: string | undefined;
};

const openWithinMs = 10_000;
const longestSaid = 300;
// The engine has to answer before anything is asked of it: only then is it sure that what fails later may have arrived.
const greeting = 'HEAD /_ping HTTP/1.1\r\nHost: docker\r\n\r\n';

/**
 * Opens a connection to an engine as Docker's own command line does: the program `ssh` runs `docker system dial-stdio` on the
 * host. Rejects with a `DockerError` of the kind `not_reached`.
 */
export async function openOverSsh(address: SshAddress, settings: SshSettings): Promise<Duplex> {
  const env = {
    ...process.env,
    ...(settings.SSH_AUTH_SOCK ? { SSH_AUTH_SOCK: settings.SSH_AUTH_SOCK } : {}),
  };
  const child = spawn('ssh', argumentsOf(address, settings), { env, stdio: 'pipe' });
  const stream = new SshStream(child);
  let said = '';
  child.stderr.on('data', (piece: Buffer) => {
    said = (said + piece.toString('utf8')).slice(-longestSaid);
  });
  const tooLate = setTimeout(() => stream.destroy(new Error('no answer in time')), openWithinMs);
  try {
    await greeted(stream);
    return stream;
  } catch (error) {
    stream.destroy();
    throw notReached(address, said, error);
  } finally {
    clearTimeout(tooLate);
  }
}

function argumentsOf({ host, port, user }: SshAddress, settings: SshSettings): readonly string[] {
  const { DOCKER_SSH_IDENTITY: identity, DOCKER_SSH_KNOWN_HOSTS: known } = settings;
  const options = ['BatchMode=yes', 'ConnectTimeout=8', 'ServerAliveInterval=5', 'ServerAliveCountMax=2'];
  if (identity !== undefined) options.push('IdentitiesOnly=yes');
  if (known !== undefined) options.push(`UserKnownHostsFile="${known}"`, 'StrictHostKeyChecking=yes');
  return [
    '-T',
    ...options.flatMap((option) => ['-o', option]),
    ...(identity === undefined ? [] : ['-i', identity]),
    ...(user === undefined ? [] : ['-l', user]),
    ...(port === undefined ? [] : ['-p', String(port)]),
    '--',
    host,
    'docker system dial-stdio',
  ];
}

function greeted(stream: Duplex): Promise<void> {
  return new Promise((resolve, reject) => {
    let heard = '';
    const done = (error?: Error): void => {
      stream.off('data', onData).off('error', done).off('close', onClose);
      if (error) reject(error);
      else resolve();
    };
    const onClose = (): void => done(new Error('ssh ended'));
    const onData = (piece: Buffer): void => {
      heard += piece.toString('latin1');
      if (!heard.includes('\r\n\r\n')) return;
      if (/^HTTP\/1\.1 200 /.test(heard)) done();
      else done(new Error(`the engine answered ${heard.slice(0, heard.indexOf('\r\n'))}`));
    };
    stream.on('data', onData).on('error', done).on('close', onClose);
    stream.write(greeting);
  });
}

function notReached({ host, user }: SshAddress, said: string, error: unknown): DockerError {
  const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
  const why =
    said.trim().split('\n').at(-1)?.trim() || (error instanceof Error ? error.message : 'no reason given');
  const who = user === undefined ? host : `${user}@${host}`;
  return new DockerError(
    {
      kind: 'not_reached',
      code: 'ssh',
      cause: missing
        ? 'The program ssh is not installed where the executor runs'
        : `Cannot connect to the Docker Engine on ${host} over ssh: ${why}`,
      remedy: missing
        ? 'install it (package openssh-client), or reach the engine over tcp:// with TLS'
        : `try ssh ${who} docker system dial-stdio as the user that the executor runs as: it needs a key without a passphrase or an agent (SSH_AUTH_SOCK, DOCKER_SSH_IDENTITY), the host's key (DOCKER_SSH_KNOWN_HOSTS or known_hosts), and docker on the host; ${recovers}`,
    },
    error,
  );
}

/** The input and output of a process as one connection. It ends with the process, and the process with it. */
class SshStream extends Duplex {
  readonly #child: ChildProcessWithoutNullStreams;

  constructor(child: ChildProcessWithoutNullStreams) {
    super();
    this.#child = child;
    child.stdout.on('data', (piece: Buffer) => {
      if (!this.push(piece)) child.stdout.pause();
    });
    child.stdout.on('end', () => this.push(null));
    for (const source of [child, child.stdin, child.stdout]) {
      source.on('error', (error: Error) => this.destroy(error));
    }
    child.on('close', () => this.destroy());
  }

  override _read(): void {
    this.#child.stdout.resume();
  }

  override _write(piece: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#child.stdin.write(piece, done);
  }

  override _final(done: () => void): void {
    this.#child.stdin.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#child.kill('SIGKILL');
    done(error);
  }

  // What an HTTP agent does to its sockets. ssh looks after the connection itself.
  setKeepAlive(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setTimeout(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
}
