import { randomBytes } from 'node:crypto';
import type Docker from 'dockerode';
import type { CreateServiceOptions } from 'dockerode';
import { type OwnEngine, startOwnEngine } from './docker-engine.ts';
import { busyboxImage } from './images.ts';
import { until } from './until.ts';

/** A Docker Engine of the test's own that is the one node of a Swarm; it leaves the Swarm, and goes, when disposed. */
export interface SwarmGround extends AsyncDisposable {
  readonly docker: Docker;
  readonly dockerHost: string;
  /** Creates a service that sleeps, and waits for its tasks. Gives its name. */
  service(spec?: ServiceExample): Promise<string>;
  inspect(service: string): Promise<ServiceWord>;
  /** Names of the containers that run for it. */
  containers(service: string): Promise<readonly string[]>;
}

export type ServiceExample = {
  readonly replicas?: number;
  readonly global?: boolean;
  readonly labels?: Record<string, string>;
  readonly containerLabels?: Record<string, string>;
  readonly cmd?: readonly string[];
  readonly env?: readonly string[];
};
export type ServiceWord = {
  readonly ID: string;
  readonly Version: { readonly Index: number };
  readonly Spec: {
    readonly Name: string;
    readonly Mode: { readonly Replicated?: { readonly Replicas: number } };
    readonly TaskTemplate: { readonly ForceUpdate?: number };
  };
};

/** Undefined where this machine allows no engine of the test's own. */
export async function startSwarm(): Promise<SwarmGround | undefined> {
  const engine = await startOwnEngine();
  return engine && init(engine);
}

async function init(engine: OwnEngine & { readonly docker: Docker }): Promise<SwarmGround> {
  const { docker, dockerHost } = engine;
  await using stack = new AsyncDisposableStack();
  stack.use(engine);
  await docker.swarmInit({ ListenAddr: '127.0.0.1:2377', AdvertiseAddr: '127.0.0.1' });
  stack.defer(() => docker.swarmLeave({ force: true }).catch(() => {}));
  const image = await busyboxImage(docker);
  const containers = async (service: string): Promise<readonly string[]> => {
    const filters = { label: [`com.docker.swarm.service.name=${service}`], status: ['running'] };
    const listed = await docker.listContainers({ filters });
    return listed.map(({ Names }) => Names[0]?.slice(1) ?? '').sort();
  };
  const inspect = (service: string): Promise<ServiceWord> => docker.getService(service).inspect();
  const owned = stack.move();
  return {
    docker,
    dockerHost,
    containers,
    inspect,
    service: async (example = {}) => {
      const name = `test-${randomBytes(4).toString('hex')}`;
      await docker.createService(specOf(name, image, example));
      const many = example.global ? 1 : (example.replicas ?? 1);
      await until(
        `the tasks of ${name} run`,
        async () => (await containers(name)).length === many || undefined,
        60_000,
      );
      return name;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function specOf(Name: string, Image: string, example: ServiceExample): CreateServiceOptions {
  const { replicas = 1, global = false, labels = {}, containerLabels = {}, env = [] } = example;
  return {
    Name,
    Labels: labels,
    Mode: global ? { Global: {} } : { Replicated: { Replicas: replicas } },
    TaskTemplate: {
      ContainerSpec: {
        Image,
        Command: [...(example.cmd ?? ['sleep', '1000000'])],
        Env: [...env],
        Labels: containerLabels,
        Init: true,
        StopGracePeriod: 1e9,
      },
      RestartPolicy: { Condition: 'any', Delay: 1e8 },
    },
  };
}
