import { randomBytes } from 'node:crypto';
import type { ContainerInspectInfo } from 'dockerode';
import { type ContainerOptions, startContainer, type TestContainer } from './container.ts';
import { testEngine } from './docker-engine.ts';
import { busyboxImage } from './images.ts';

/** Containers with the names and labels that Compose gives, made by hand. Disposing removes all of the project. */
export interface ComposeProject extends AsyncDisposable {
  readonly project: string;
  /** A container of a service that sleeps; a name of its own unless told. */
  sibling(service: string, number: number, options?: SiblingOptions): Promise<TestContainer>;
  /** Names of a service's containers, running or not. */
  containers(service: string): Promise<readonly string[]>;
  inspect(name: string): Promise<ContainerInspectInfo>;
}
export type SiblingOptions = Partial<ContainerOptions>;

export function composeProject(): ComposeProject {
  const { docker } = testEngine();
  const project = `test-${randomBytes(4).toString('hex')}`;
  const of = (service?: string) => ({
    label: [
      `com.docker.compose.project=${project}`,
      ...(service === undefined ? [] : [`com.docker.compose.service=${service}`]),
    ],
  });
  return {
    project,
    sibling: async (service, number, { labels = {}, ...options } = {}) =>
      startContainer(docker, {
        name: `${project}-${service}-${number}`,
        image: await busyboxImage(docker),
        cmd: ['sleep', '1000000'],
        labels: { ...composeLabels(project, service, number), ...labels },
        ...options,
      }),
    containers: async (service) => {
      const listed = await docker.listContainers({ all: true, filters: of(service) });
      return listed.map(({ Names }) => Names[0]?.slice(1) ?? '').sort();
    },
    inspect: (name) => docker.getContainer(name).inspect(),
    [Symbol.asyncDispose]: async () => {
      for (const { Id } of await docker.listContainers({ all: true, filters: of() })) {
        await docker.getContainer(Id).remove({ force: true, v: true });
      }
      for (const { Id } of await docker.listNetworks({ filters: of() })) await docker.getNetwork(Id).remove();
    },
  };
}

export function composeLabels(project: string, service: string, number: number): Record<string, string> {
  return {
    'com.docker.compose.project': project,
    'com.docker.compose.service': service,
    'com.docker.compose.container-number': String(number),
    'com.docker.compose.oneoff': 'False',
    'com.docker.compose.config-hash': 'ab'.repeat(32),
    'com.docker.compose.version': '2.26.1',
  };
}
