/**
 * Guarantee: labels that a container merely inherited from its image, as every copy by `docker commit` does, do not make it
 * a task of Swarm or a container of Compose.
 */
import { z } from 'zod';
import { type EngineReader, refusedWith } from './engine-port.ts';
import { composeLabels, type Labels, labelsSchema } from './labels.ts';

const { project, service, number } = composeLabels;
const taskName = 'com.docker.swarm.task.name';

export type Listed = {
  readonly Names: readonly string[];
  readonly Labels: Labels;
  readonly ImageID?: string | undefined;
};

/** Of several names the container's own: names with a second slash are links, which other containers gave it. */
export function ownName(names: readonly string[]): string | undefined {
  return names.find((each) => /^\/[^/]+$/.test(each))?.slice(1);
}

/** The same containers, without inherited labels. Throws what the reader throws. */
export async function withOwnLabels<T extends Listed>(
  reader: EngineReader,
  all: readonly T[],
): Promise<readonly T[]> {
  return Promise.all(
    all.map(async (each) => {
      const name = ownName(each.Names) ?? '';
      const ofImage = mustAskImage(name, each.Labels) ? await labelsOfImage(reader, each.ImageID) : {};
      return { ...each, Labels: ownLabels(name, each.Labels, ofImage) };
    }),
  );
}

/**
 * Swarm and Compose call their containers by a rule of their own, and a copy cannot have that name. One that Compose
 * was told a name for is Compose's unless its image says the same of itself.
 */
export function ownLabels(name: string, labels: Labels, ofImage: Labels): Labels {
  const isTask = labels[taskName] === name;
  const isOfCompose = !mustAskImage(name, labels) || !says(ofImage, labels);
  if (isTask && isOfCompose) return labels;
  return Object.fromEntries(
    Object.entries(labels).filter(
      ([key]) =>
        (isTask || !key.startsWith('com.docker.swarm.')) &&
        (isOfCompose || !key.startsWith('com.docker.compose.')),
    ),
  );
}

function mustAskImage(name: string, labels: Labels): boolean {
  if (labels[project] === undefined) return false;
  const parts = [labels[project], labels[service], labels[number]];
  return !['-', '_'].some((separator) => name === parts.join(separator));
}

function says(ofImage: Labels, labels: Labels): boolean {
  return [project, service, number].every((key) => ofImage[key] === labels[key]);
}

const imageSchema = z.object({ Config: z.object({ Labels: labelsSchema }).nullish() });
// An image never changes under its id.
const known = new WeakMap<EngineReader, Map<string, Labels>>();
const mostKnown = 1_000;

/** None of an image that is gone. */
async function labelsOfImage(reader: EngineReader, id = ''): Promise<Labels> {
  const images = known.get(reader) ?? new Map<string, Labels>();
  known.set(reader, images);
  const there = images.get(id);
  if (there || id === '') return there ?? {};
  const answer = await reader.read(['images', id, 'json']).catch((error: unknown) => {
    // One image that the engine cannot show keeps nobody from the rest.
    if (refusedWith(error) === undefined) throw error;
  });
  const labels = imageSchema.safeParse(answer).data?.Config?.Labels ?? {};
  if (images.size >= mostKnown) images.clear();
  images.set(id, labels);
  return labels;
}
