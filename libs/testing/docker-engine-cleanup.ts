import type Docker from 'dockerode';
import { testLabel } from './docker-engine-labels.ts';

type Labels = Readonly<Record<string, string>> | undefined;

/** Removes what the runs chosen by `isChosen` have made on this engine, and nothing else. */
export async function removeLabelled(docker: Docker, isChosen: (run: string) => boolean): Promise<void> {
  const filters = { label: [testLabel] };
  const chosen = (labels: Labels) => isChosen(labels?.[testLabel] ?? '');
  for (const { Id, Labels } of await docker.listContainers({ all: true, filters })) {
    if (chosen(Labels)) await quietly(docker.getContainer(Id).remove({ force: true, v: true }));
  }
  for (const { Id, Labels } of await docker.listNetworks({ filters })) {
    if (chosen(Labels)) await quietly(docker.getNetwork(Id).remove());
  }
  for (const { Name, Labels } of (await docker.listVolumes({ filters })).Volumes) {
    if (chosen(Labels)) await quietly(docker.getVolume(Name).remove());
  }
  for (const { Id, Labels } of await docker.listImages({ filters })) {
    if (chosen(Labels)) await quietly(docker.getImage(Id).remove());
  }
}

// Another run may remove the same thing, or a container of somebody else's may use it by now.
async function quietly(removal: Promise<unknown>): Promise<void> {
  await removal.catch(() => {});
}
