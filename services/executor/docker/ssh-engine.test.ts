import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Server as SshServer } from 'ssh2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { containerCall } from '#libs/actions/engine-port';
import { readConfig } from '#libs/runtime/config';
import { startContainer } from '#libs/testing/container';
import { testEngine } from '#libs/testing/docker-engine';
import { busyboxImage } from '#libs/testing/images';
import { executorSettingsSchema } from '../config.ts';
import { openEngine } from './docker-engine.ts';

/**
 * The run's engine behind SSH: the machine's own `ssh` against a server of the protocol that plays `docker system dial-stdio`.
 * The server is part of what the Docker client comes with, and used by this test alone.
 */

const require = createRequire(createRequire(import.meta.url).resolve('docker-modem'));
const { Server, utils } = require('ssh2') as typeof import('ssh2');
const run = promisify(execFile);
const { docker, dockerHost } = testEngine();
const socket = dockerHost.startsWith('unix://') ? dockerHost.slice('unix://'.length) : undefined;
const canRun = await run('ssh', ['-V']).then(
  () => socket !== undefined,
  () => false,
);
if (!canRun)
  console.warn('skipped: SSH to an engine is not tested, for want of ssh or of an engine at a socket');

let folder: string;
let server: SshServer;
let port: number;
const ran: string[] = [];

async function newKey(name: string): Promise<string> {
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)]);
  return readFile(join(folder, name), 'utf8');
}

async function startServer(hostKey: string, allowed: string): Promise<void> {
  const known = utils.parseKey(allowed);
  if (known instanceof Error) throw known;
  const blob = known.getPublicSSH();
  server = new Server({ hostKeys: [hostKey] }, (client) => {
    client.on('error', () => client.end());
    client.on('authentication', (asked) => {
      if (asked.method !== 'publickey' || !asked.key.data.equals(blob)) return asked.reject(['publickey']);
      const { signature } = asked;
      if (signature && known.verify(asked.blob ?? Buffer.alloc(0), signature, asked.hashAlgo) !== true) {
        return asked.reject();
      }
      return asked.accept();
    });
    client.on('session', (accept) => {
      accept().on('exec', (acceptExec, _reject, { command }) => {
        ran.push(command);
        const channel = acceptExec();
        const engine = connect(socket ?? '');
        engine.on('error', () => channel.end());
        channel.on('error', () => engine.destroy()).on('close', () => engine.destroy());
        channel.pipe(engine).pipe(channel);
      });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
}

describe.skipIf(!canRun)('an engine behind SSH', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hemostat-ssh-'));
    const host = await newKey('host');
    await startServer(host, await newKey('client'));
    await newKey('stranger');
    const [kind, key] = (await readFile(join(folder, 'host.pub'), 'utf8')).split(' ');
    await writeFile(join(folder, 'known'), `[127.0.0.1]:${port} ${kind} ${key}\n`);
    await writeFile(join(folder, 'nobody'), '');
  }, 60_000);
  afterAll(async () => {
    server.close();
    await rm(folder, { recursive: true, force: true });
  });
  const open = (identity = 'client', known = 'known') =>
    openEngine(
      readConfig(executorSettingsSchema, {
        DOCKER_HOST: `ssh://ops@127.0.0.1:${port}`,
        DOCKER_SSH_IDENTITY: join(folder, identity),
        DOCKER_SSH_KNOWN_HOSTS: join(folder, known),
      }),
    );

  it('is read, watched and acted on', async () => {
    const image = await busyboxImage(docker);
    await using patient = await startContainer(docker, { image, cmd: ['sleep', '1000'] });
    using engine = open();
    const stop = new AbortController();
    let changes = 0;
    await engine.watch(() => {
      changes += 1;
    }, stop.signal);
    expect((await engine.list()).map(({ Id }) => Id)).toContain(patient.id);
    const before = (await engine.inspect(patient.id))?.State.StartedAt;
    await engine.call(containerCall('POST', patient.id, 'restart', { t: 0 }), AbortSignal.timeout(20_000));
    expect((await engine.inspect(patient.id))?.State.StartedAt).not.toBe(before);
    expect(changes).toBeGreaterThan(0);
    const create = {
      ...containerCall('POST', patient.id, 'exec'),
      body: { AttachStdout: true, AttachStderr: true, Env: ['MARK=1'], Cmd: ['echo', 'hello'] },
    };
    const order = { create, mark: 'MARK=1', timeoutMs: 10_000, mostBytes: { stdout: 1_024, stderr: 1_024 } };
    const { stdout, exit_code } = await engine.exec(order, AbortSignal.timeout(20_000));
    expect({ said: Buffer.from(stdout).toString(), exit_code }).toEqual({ said: 'hello\n', exit_code: 0 });
    stop.abort();
    expect(new Set(ran)).toEqual(new Set(['docker system dial-stdio']));
    // Looks share their connections; what is watched or done has one of its own.
    expect(ran.length).toBeLessThanOrEqual(9);
  }, 60_000);

  it.each([
    ['a key that the host does not know', 'stranger', 'known', 'Permission denied'],
    ['a host whose key is not known', 'client', 'nobody', 'Host key verification failed'],
  ])(
    'is not reached with %s, and the reason is ssh’s own',
    async (_, identity, known, said) => {
      using engine = open(identity, known);
      const failed = expect(engine.list()).rejects;
      await failed.toMatchObject({
        kind: 'not_reached',
        message: expect.stringContaining(said),
        remedy: expect.stringContaining('ssh ops@127.0.0.1 docker system dial-stdio'),
      });
    },
    60_000,
  );
});
