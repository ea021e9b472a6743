import { randomBytes } from 'node:crypto';
import type Docker from 'dockerode';
import type { ContainerCreateOptions, HealthConfig, HostConfig } from 'dockerode';
import { record } from './container-events-recording.ts';
import { testLabel, testRun } from './docker-engine-labels.ts';

export interface TestContainer extends AsyncDisposable {
  readonly id: string;
  readonly name: string;
  readonly container: Docker.Container;
}

export type ContainerOptions = {
  readonly image: string;
  readonly cmd?: readonly string[];
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly healthcheck?: HealthConfig;
  readonly hostConfig?: HostConfig;
  /** TCP ports of the container to publish on free ports of 127.0.0.1. */
  readonly publish?: readonly number[];
  /** Whatever else the engine's create call takes. */
  readonly create?: Partial<ContainerCreateOptions>;
};

/** Creates and starts a container of this test's own; disposing removes it with its anonymous volumes. */
export async function startContainer(docker: Docker, options: ContainerOptions): Promise<TestContainer> {
  const name = options.name ?? `hemostat-test-${randomBytes(6).toString('hex')}`;
  await record(docker);
  const container = await docker.createContainer({ ...createOptions(options), name });
  const remove = async () => {
    await container.remove({ force: true, v: true }).catch((error: unknown) => {
      if (!isGone(error)) throw error;
    });
  };
  await container.start().catch(async (error: unknown) => {
    await remove();
    throw error;
  });
  return { id: container.id, name, container, [Symbol.asyncDispose]: remove };
}

function createOptions(options: ContainerOptions): ContainerCreateOptions {
  const { image, cmd, labels, env = {}, healthcheck, hostConfig, publish = [], create } = options;
  const ports = publish.map((port) => `${port}/tcp`);
  return {
    ...create,
    Image: image,
    Labels: { ...labels, [testLabel]: testRun },
    Env: Object.entries(env).map(([key, value]) => `${key}=${value}`),
    ...(cmd ? { Cmd: [...cmd] } : {}),
    ...(healthcheck ? { Healthcheck: healthcheck } : {}),
    ExposedPorts: Object.fromEntries(ports.map((port) => [port, {}])),
    HostConfig: {
      // Without it the first process ignores SIGTERM, and every restart takes the whole grace period.
      Init: true,
      ...hostConfig,
      PortBindings: Object.fromEntries(ports.map((port) => [port, [{ HostIp: '127.0.0.1', HostPort: '' }]])),
    },
  };
}

/** The port of 127.0.0.1 under which a published port is reached. It may change with each restart. */
export async function publishedPort({ container }: TestContainer, port: number): Promise<number> {
  const { NetworkSettings } = await container.inspect();
  const [binding] = NetworkSettings.Ports[`${port}/tcp`] ?? [];
  if (binding === undefined) throw new Error(`port ${port} is not published`);
  return Number(binding.HostPort);
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'statusCode' in error && error.statusCode === 404;
}
