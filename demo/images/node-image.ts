import type Docker from 'dockerode';
import { busyboxFiles } from './busybox-files.ts';
import { hasImage, importImage, repoAndTag } from './import-image.ts';
import type { RootFs } from './root-fs.ts';

const readyMade = ['node:24-slim', 'node:24', 'node:24-alpine'];

/** Makes the image `tag` with this machine's Node in it, unless the engine has it. */
export async function makeNodeImage(
  docker: Docker,
  tag: string,
  changes: readonly string[] = [],
): Promise<void> {
  if (await hasImage(docker, tag)) return;
  // Only Linux programs run in a container: elsewhere an image must be there already.
  if (process.platform !== 'linux') return tagReadyMade(docker, tag);
  await importImage(docker, tag, await nodeFiles(), [...nodeChanges, ...changes]);
}

export const nodeChanges = [
  'ENV PATH=/usr/local/bin:/usr/bin:/bin',
  `ENV NODE_VERSION=${process.versions.node}`,
  'CMD ["node"]',
];

export async function nodeFiles(): Promise<RootFs> {
  const busybox = await busyboxFiles();
  return { ...busybox, programs: { ...busybox?.programs, 'usr/local/bin/node': process.execPath } };
}

async function tagReadyMade(docker: Docker, tag: string): Promise<void> {
  for (const name of readyMade) {
    if (!(await hasImage(docker, name))) continue;
    await docker.getImage(name).tag(repoAndTag(tag));
    return;
  }
  throw new Error(
    `The Docker Engine has no image with Node 24, and on ${process.platform} none can be made. Run: docker pull ${readyMade[0]}`,
  );
}
