import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type Docker from 'dockerode';
import type { ContainerCreateOptions } from 'dockerode';

const programs = fileURLToPath(new URL('programs', import.meta.url));
const folder = '/home/node';

export type ProgramContainer = {
  readonly name: string;
  readonly program: 'api.ts' | 'chaos.ts' | 'database.ts';
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly create: ContainerCreateOptions;
};

/** Creates and starts a container that runs one of the target's programs; `remove` knows no error when it is gone. */
export async function startProgram(docker: Docker, options: ProgramContainer) {
  const { name, program, image, labels, create } = options;
  const container = await docker.createContainer({
    ...create,
    name,
    Image: image,
    Cmd: ['node', '--disable-warning=MODULE_TYPELESS_PACKAGE_JSON', `${folder}/${program}`],
    Labels: { ...labels },
    // Without Init the program would be process 1.
    HostConfig: { Init: true, ...create.HostConfig },
  });
  const remove = async (): Promise<void> => {
    await container.remove({ force: true, v: true }).catch((error: unknown) => {
      if (!isGone(error)) throw error;
    });
  };
  try {
    await container.putArchive(packedPrograms(), { path: folder });
    await container.start();
  } catch (error) {
    await remove();
    throw error;
  }
  return { container, remove };
}

function packedPrograms(): NodeJS.ReadableStream {
  const tar = spawn('tar', ['-C', programs, '--exclude=*.test.ts', '-c', '.'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return tar.stdout;
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'statusCode' in error && error.statusCode === 404;
}
