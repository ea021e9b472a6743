import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { containerCall } from '#libs/actions/engine-port';
import { readConfig } from '#libs/runtime/config';
import { startContainer } from '#libs/testing/container';
import { testEngine } from '#libs/testing/docker-engine';
import { busyboxImage } from '#libs/testing/images';
import { executorSettingsSchema } from '../config.ts';
import { openEngine } from './docker-engine.ts';

/** The run's engine behind TLS that asks for a certificate, as dockerd --tlsverify does; all certificates are thrown away. */

const { docker, dockerHost } = testEngine();
const socket = dockerHost.startsWith('unix://') ? dockerHost.slice('unix://'.length) : undefined;
const run = promisify(execFile);
const openssl = (folder: string, ...args: readonly string[]) => run('openssl', [...args], { cwd: folder });
const canRun = await openssl('/', 'version').then(
  () => socket !== undefined,
  () => false,
);
if (!canRun)
  console.warn('skipped: TLS to an engine is not tested, for want of openssl or of an engine at a socket');

let folder: string;
let relay: Server;
let port: number;

/** An authority of its own with a certificate for a server and one for a client, as Docker names them. */
async function certificates(name: string): Promise<string> {
  const into = join(folder, name);
  await mkdir(into);
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'];
  await openssl(into, 'req', '-x509', ...key, '-subj', '/CN=test', '-keyout', 'ca-key.pem', '-out', 'ca.pem');
  await writeFile(join(into, 'names'), 'subjectAltName=DNS:localhost,IP:127.0.0.1');
  for (const [of, file] of [
    ['server', 'server'],
    ['client', 'cert'],
  ] as const) {
    const keyFile = of === 'client' ? 'key.pem' : 'server-key.pem';
    await openssl(
      into,
      'req',
      ...key.slice(0, -2),
      '-subj',
      `/CN=${of}`,
      '-keyout',
      keyFile,
      '-out',
      `${of}.csr`,
    );
    const by = [
      '-CA',
      'ca.pem',
      '-CAkey',
      'ca-key.pem',
      '-CAcreateserial',
      '-days',
      '1',
      '-extfile',
      'names',
    ];
    await openssl(into, 'x509', '-req', '-in', `${of}.csr`, ...by, '-out', `${file}.pem`);
  }
  return into;
}

describe.skipIf(!canRun)('an engine behind TLS', () => {
  let ours: string;
  let foreign: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hemostat-tls-'));
    [ours, foreign] = [await certificates('ours'), await certificates('foreign')];
    const read = (name: string) => readFile(join(ours, name));
    relay = createServer(
      {
        key: await read('server-key.pem'),
        cert: await read('server.pem'),
        ca: await read('ca.pem'),
        requestCert: true,
        rejectUnauthorized: true,
      },
      (client) => {
        const engine = connect(socket ?? '');
        client.on('error', () => engine.destroy());
        engine.on('error', () => client.destroy());
        client.pipe(engine).pipe(client);
      },
    ).listen(0, '127.0.0.1');
    await once(relay, 'listening');
    port = (relay.address() as AddressInfo).port;
  }, 60_000);
  afterAll(async () => {
    relay.close();
    await rm(folder, { recursive: true, force: true });
  });
  const open = (more: Record<string, string>, host = '127.0.0.1') =>
    openEngine(readConfig(executorSettingsSchema, { DOCKER_HOST: `tcp://${host}:${port}`, ...more }));

  it('is read and acted on by who has its certificates', async () => {
    const image = await busyboxImage(docker);
    await using patient = await startContainer(docker, { image, cmd: ['sleep', '1000'] });
    using engine = open({ DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: ours }, 'localhost');
    expect((await engine.list()).map(({ Id }) => Id)).toContain(patient.id);
    const before = (await engine.inspect(patient.id))?.State.StartedAt;
    await engine.call(containerCall('POST', patient.id, 'restart', { t: 0 }), AbortSignal.timeout(10_000));
    expect((await engine.inspect(patient.id))?.State.StartedAt).not.toBe(before);
  });

  it.each([
    ['that trusts another authority', () => ({ DOCKER_CERT_PATH: foreign })],
    ['that has no certificate', () => ({ DOCKER_TLS_VERIFY: '1' })],
  ])('is not reached by an executor %s, and the remedy names the certificates', async (_, settings) => {
    using engine = open(settings());
    await expect(engine.list()).rejects.toMatchObject({
      kind: 'not_reached',
      remedy: expect.stringContaining('DOCKER_CERT_PATH'),
    });
  });

  it('is not reached without TLS', async () => {
    using engine = open({});
    await expect(engine.list()).rejects.toMatchObject({ name: 'DockerError' });
  });
});
