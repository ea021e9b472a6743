import type Docker from 'dockerode';
import { packRootFs, type RootFs } from './root-fs.ts';

/** Makes an image of these files under `tag`, without a registry. `changes` are Dockerfile instructions. */
export async function importImage(
  docker: Docker,
  tag: string,
  rootFs: RootFs,
  changes: readonly string[],
): Promise<void> {
  await using packed = await packRootFs(rootFs);
  const progress = await docker.importImage(packed.tar, { ...repoAndTag(tag), changes });
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(progress, (error: Error | null) => (error ? reject(error) : resolve()));
  });
}

export async function hasImage(docker: Docker, tag: string): Promise<boolean> {
  const images = await docker.listImages({ filters: { reference: [tag] } });
  return images.length > 0;
}

/** A name `repository:tag` in the two parts that the engine's API wants. */
export function repoAndTag(name: string): { readonly repo: string; readonly tag: string } {
  const colon = name.lastIndexOf(':');
  return { repo: name.slice(0, colon), tag: name.slice(colon + 1) };
}
