import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { containerCall } from '#libs/actions/engine-port';
import { readConfig } from '#libs/runtime/config';
import { startContainer } from '#libs/testing/container';
import { startOwnEngine, testEngine } from '#libs/testing/docker-engine';
import { busyboxImage } from '#libs/testing/images';
import { until } from '#libs/testing/until';
import { executorSettingsSchema } from '../config.ts';
import { openEngine } from './docker-engine.ts';
import { DockerError } from './docker-error.ts';

const { docker, dockerHost } = testEngine();
const image = await busyboxImage(docker);
const open = (host = dockerHost) => openEngine(readConfig(executorSettingsSchema, { DOCKER_HOST: host }));
const sleeper = () => startContainer(docker, { image, cmd: ['sleep', '1000'] });
const soon = () => AbortSignal.timeout(10_000);

describe('a Docker Engine', () => {
  it('lists, inspects and acts on a container by its id', async () => {
    using engine = open();
    await using patient = await sleeper();
    expect((await engine.list()).map(({ Id }) => Id)).toContain(patient.id);
    await engine.call(containerCall('POST', patient.id, 'restart', { t: 0 }), soon());
    expect(await engine.inspect(patient.id)).toMatchObject({ Id: patient.id, State: { Running: true } });
  });

  it('takes it for a success that something is so already', async () => {
    using engine = open();
    await using patient = await sleeper();
    await engine.call(containerCall('POST', patient.id, 'start'), soon());
  });

  it('says that there is no such container', async () => {
    using engine = open();
    const nobody = '0'.repeat(64);
    expect(await engine.inspect(nobody)).toBeUndefined();
    const restart = engine.call(containerCall('POST', nobody, 'restart', { t: 0 }), soon());
    await expect(restart).rejects.toMatchObject({ kind: 'refused', status: 404 });
  });

  it('is reached over TCP when the setting says so, whatever the process environment says', async () => {
    if (!dockerHost.startsWith('unix://')) return;
    const relay = createServer((client) => {
      const engine = connect(dockerHost.slice('unix://'.length));
      client.on('error', () => engine.destroy());
      engine.on('error', () => client.destroy());
      client.pipe(engine).pipe(client);
    }).listen(0, '127.0.0.1');
    await once(relay, 'listening');
    const { port } = relay.address() as AddressInfo;
    using engine = open(`tcp://127.0.0.1:${port}`);
    await engine.ping();
    expect(process.env.DOCKER_HOST ?? '').not.toContain(String(port));
    relay.close();
    await expect(open(`tcp://127.0.0.1:${port}`).list()).rejects.toMatchObject({ kind: 'not_reached' });
  });

  it('opens no connection any more once it is closed', async () => {
    const engine = open();
    await engine.ping();
    const late = engine.list().catch((error: unknown) => error);
    engine[Symbol.dispose]();
    expect(await late).toBeInstanceOf(DockerError);
    await expect(engine.ping()).rejects.toThrow(DockerError);
  });

  it('that is frozen is not waited for without end', async (test) => {
    const own = await startOwnEngine();
    if (!own) return test.skip();
    await using _own = own;
    using engine = open(own.dockerHost);
    await engine.ping();
    await own.pause();
    const failure = await until('it is frozen', () =>
      engine.list().then(
        () => undefined,
        (error) => error,
      ),
    );
    expect(failure).toMatchObject({ kind: 'no_answer', code: 'timeout' });
    await own.resume();
    await engine.ping();
  });
});
