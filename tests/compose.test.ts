import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connect, nkeyAuthenticator } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { findNatsServer, isAtLeast, natsServerVersion } from '#libs/bus/find-nats-server';
import { type Details, detailsSchema } from '#libs/contracts/scalars';
import { startContainer } from '#libs/testing/container';
import { countEvents } from '#libs/testing/container-events';
import { testEngine, whyNoOwnEngine } from '#libs/testing/docker-engine';
import { type Compose, findCompose } from '#libs/testing/docker-engine-compose';
import { busyboxImage } from '#libs/testing/images';
import { standInJaeger, standInNats, standInNode } from '#libs/testing/stand-in-images';
import { freePort } from '../demo/free-port.ts';

const root = join(import.meta.dirname, '..');
const { docker, dockerHost } = testEngine();
const compose = await findCompose();
// On somebody's own engine the stand-ins would take the place of the real images.
const reason = !compose
  ? 'Docker Compose could not be had'
  : isAtLeast(natsServerVersion(findNatsServer(process.env)), 10)
    ? await whyNoOwnEngine()
    : 'nats-server here is older than 2.10 and cannot stand in for the image of 2.12';
if (reason !== undefined) console.warn(`skipped: docker-compose.yml is not brought up (${reason})`);

const project = `hemostat-test-${randomBytes(4).toString('hex')}`;
const addressSchema = z.object({ port: z.int() });
const services = ['gateway', 'safety', 'executor', 'verifier', 'audit'];
let env: NodeJS.ProcessEnv;
let url: string;

function run(found: Compose, ...args: readonly string[]): Promise<string> {
  return runWith({}, found, ...args);
}

async function runWith(
  extra: NodeJS.ProcessEnv,
  { program, env: own }: Compose,
  ...args: readonly string[]
): Promise<string> {
  const command = ['-p', project, '-f', join(root, 'docker-compose.yml'), ...args];
  const { stdout } = await promisify(execFile)(program, command, {
    env: { ...env, ...own, ...extra },
    maxBuffer: 2 ** 26,
  });
  return stdout;
}

async function request(
  path: string,
  body?: object,
  token?: string,
): Promise<{ status: number; body: Details }> {
  const response = await fetch(`${url}${path}`, {
    method: body ? 'POST' : 'GET',
    headers: {
      ...(body ? { 'content-type': 'application/json', prefer: 'wait=60' } : {}),
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return { status: response.status, body: detailsSchema.parse(await response.json()) };
}

describe.skipIf(reason !== undefined || !compose)('docker-compose.yml, unchanged', () => {
  const found = compose as Compose;
  beforeAll(async () => {
    await standInNode(docker);
    await Promise.all([standInNats(docker), standInJaeger(docker)]);
    const [gateway, nats, jaeger] = await Promise.all([freePort(), freePort(), freePort()]);
    env = {
      ...process.env,
      DOCKER_HOST: dockerHost,
      DOCKER_SOCKET: dockerHost.replace('unix://', ''),
      GATEWAY_PORT: String(gateway),
      NATS_PORT: String(nats),
      JAEGER_PORT: String(jaeger),
      HEMOSTAT_STABILITY_SECONDS: '1',
    };
    url = `http://127.0.0.1:${gateway}`;
    await run(found, 'up', '-d', '--build', '--wait', '--wait-timeout', '150');
  }, 300_000);
  afterAll(async () => {
    await run(found, 'down', '-v', '--remove-orphans', '--rmi', 'local', '-t', '12');
  }, 120_000);

  it('comes up healthy, asks for a token, and heals a container with the one it made', async () => {
    expect((await request('/health')).status).toBe(200);
    await using patient = await startContainer(docker, {
      image: await busyboxImage(docker),
      cmd: ['sleep', '1000000'],
    });
    const since = Date.now();
    const ask = { container: patient.name, action: 'restart' };
    expect((await request('/api/v1/remediations', ask)).status).toBe(401);
    const token = (await run(found, 'exec', '-T', 'gateway', 'cat', '/data/gateway-admin-token')).trim();
    const answer = await request('/api/v1/remediations', ask, token);
    expect(answer).toMatchObject({ status: 200, body: { outcome: 'recovered' } });
    expect(await countEvents(docker, { container: patient.id, action: 'restart', since })).toBe(1);
    const own = await request(
      '/api/v1/remediations',
      { container: `${project}-nats-1`, action: 'restart' },
      token,
    );
    expect(own).toMatchObject({ status: 403, body: { reason: 'protected_target' } });
  }, 120_000);

  it('lets each service into NATS with a key that no other has, the operator to look, and anybody to ask', async () => {
    for (const service of services) {
      const { Mounts } = await docker.getContainer(`${project}-${service}-1`).inspect();
      const seeds = Mounts.filter(({ Name }) => Name?.includes('nats-seed'));
      expect(seeds.map(({ Name, RW }) => ({ Name, RW }))).toEqual([
        { Name: `${project}_nats-seed-${service}`, RW: false },
      ]);
    }
    const servers = `127.0.0.1:${env.NATS_PORT}`;
    const seed = await run(found, 'run', '--rm', '-T', 'nats-keys', 'cat', '/seeds/operator/nats.nk');
    const authenticator = nkeyAuthenticator(new TextEncoder().encode(seed.trim()));
    const operator = await connect({ servers, authenticator });
    expect((await operator.request('$JS.API.STREAM.INFO.HEMOSTAT')).string()).toContain('"consumer_count":5');
    await expect(operator.request('$JS.API.STREAM.PURGE.HEMOSTAT')).rejects.toThrow(/Permissions Violation/);
    await operator.close();
    const anybody = await connect({ servers });
    const asked = JSON.stringify({ container: 'nobody-is-called-so', action: 'restart', dry_run: true });
    expect((await anybody.request('hemostat.remediation_needed', asked)).string()).toContain(
      'HEMOSTAT_INBOX',
    );
    await expect(anybody.request('hemostat.rpc.safety.status', '{}')).rejects.toThrow(
      /Permissions Violation/,
    );
    await anybody.close();
  }, 60_000);

  it('publishes every port on loopback only', async () => {
    const listed = await docker.listContainers({
      filters: { label: [`com.docker.compose.project=${project}`] },
    });
    const published = listed.flatMap(({ Ports }) => Ports.filter(({ PublicPort }) => PublicPort));
    expect(published.length).toBeGreaterThanOrEqual(3);
    expect(new Set(published.map(({ IP }) => IP))).toEqual(new Set(['127.0.0.1']));
  });

  it('hands each token to the service that it is for, and to no other', async () => {
    const tokens = JSON.stringify([{ principal: 'ann', scopes: ['act'], token: 'a-token-of-$ome-length' }]);
    const given = {
      GATEWAY_TOKEN: 'another-token-of-it',
      GATEWAY_TOKENS: tokens,
      TARGET_ENDPOINT_TOKEN: 'a-token-of-the-target',
    };
    const { services: made } = JSON.parse(await runWith(given, found, 'config', '--format', 'json'));
    const owners = { GATEWAY_TOKEN: 'gateway', GATEWAY_TOKENS: 'gateway', TARGET_ENDPOINT_TOKEN: 'executor' };
    for (const service of services) {
      for (const name of ['GATEWAY_TOKEN', 'GATEWAY_TOKENS', 'TARGET_ENDPOINT_TOKEN'] as const) {
        // What Compose prints is a file for Compose: a dollar stands twice in it.
        const value = made[service].environment[name].replaceAll('$$', '$');
        expect({ service, name, value }).toEqual({
          service,
          name,
          value: owners[name] === service ? given[name] : '',
        });
      }
    }
  });

  it('takes requests without a token by the names of the document, once docker-compose.open.yml is added', async () => {
    const open = ['-f', join(root, 'docker-compose.open.yml')];
    await run(found, ...open, 'up', '-d', '--no-build', '--no-deps', '--wait', 'gateway');
    const ask = `Promise.all(['action-server', 'gateway'].map((name) => fetch('http://' + name + ':9000/api/v1/targets')))
      .then((answers) => console.log(answers.map(({ status }) => status).join(' ')))`;
    expect(await run(found, 'exec', '-T', 'verifier', 'node', '-e', ask)).toBe('200 200\n');
    expect((await request('/api/v1/targets')).status).toBe(200);
    expect((await request('/api/v1/safety/control', { kill_switch: 'on', reason: 'drill' })).status).toBe(
      401,
    );
    await run(found, 'up', '-d', '--no-build', '--no-deps', '--wait', 'gateway');
    expect((await request('/api/v1/targets')).status).toBe(401);
  }, 120_000);

  it('lets executor and verifier reach what answers on the machine itself', async () => {
    const server = createServer((_, response) => response.end('it is well'));
    await once(server.listen(0, '0.0.0.0'), 'listening');
    const { port } = addressSchema.parse(server.address());
    const look = `fetch('http://host.docker.internal:${port}').then((r) => r.text()).then(console.log)`;
    try {
      for (const service of ['executor', 'verifier']) {
        expect(await run(found, 'exec', '-T', service, 'node', '-e', look)).toContain('it is well');
      }
    } finally {
      server.close();
    }
  }, 60_000);

  it('gives every service no more than it needs, and the Docker socket to the guard alone', async () => {
    for (const service of [...services, 'docker-guard']) {
      const { Config, HostConfig, Mounts } = await docker.getContainer(`${project}-${service}-1`).inspect();
      const isGuard = service === 'docker-guard';
      expect({ service, user: Config.User }).toEqual({ service, user: isGuard ? '0:1000' : '1000:1000' });
      expect(Config.Labels['hemostat.mesh']).toBe('true');
      expect(HostConfig).toMatchObject({
        ReadonlyRootfs: true,
        CapDrop: ['ALL'],
        Memory: 512 * 2 ** 20,
        NanoCpus: 1e9,
      });
      expect(HostConfig.SecurityOpt).toContain('no-new-privileges:true');
      expect({ service, network: HostConfig.NetworkMode === 'none' }).toEqual({ service, network: isGuard });
      const sockets = Mounts.filter(
        ({ Type, Destination }) => Type === 'bind' && Destination.endsWith('docker.sock'),
      );
      expect({ service, sockets: sockets.length }).toEqual({ service, sockets: isGuard ? 1 : 0 });
      const keys = Mounts.find(({ Name }) => Name?.endsWith('_decision-keys'));
      const mayWrite: Record<string, boolean> = { safety: true, executor: false, 'docker-guard': false };
      expect({ service, mayWrite: keys?.RW }).toEqual({ service, mayWrite: mayWrite[service] });
    }
  });

  it('lets the executor ask Docker for nothing but what the guard passes on', async () => {
    const script = `const { request } = require('node:http');
      for (const [method, path] of [['GET', '/_ping'], ['GET', '/version'], ['POST', '/containers/prune']]) {
        request({ socketPath: '/run/hemostat/docker.sock', method, path }, (r) => console.log(path, r.resume().statusCode)).end();
      }
      console.log('raw', require('node:fs').existsSync('/var/run/docker.sock'));`;
    const said = await run(found, 'exec', '-T', 'executor', 'node', '-e', script);
    expect(said.trim().split('\n').sort()).toEqual([
      '/_ping 200',
      '/containers/prune 403',
      '/version 403',
      'raw false',
    ]);
  });
});
