import { z } from 'zod';
import type { Bound } from '#libs/contracts/bound';
import type { EngineSight } from '../action.ts';
import type { EngineReader } from '../engine-port.ts';
import { listOf } from '../list-of.ts';
import { withOwnLabels } from '../own-labels.ts';
import { type Kept, mostItems, readAs } from './listing.ts';
import { removableVolumes } from './named-volumes.ts';
import { readEach } from './read-each.ts';
import {
  engineClockSchema,
  type InspectedContainer,
  inspectedContainerSchema,
  inspectedImageSchema,
  type ListedContainer,
  listedContainerSchema,
  listedImageSchema,
  type Volume,
  volumeSchema,
} from './readings.ts';
import { type CleanupParams, isInScope, type Scope } from './scope.ts';
import { afterInspection, candidatesIn, endedAt, nameOf, whatIsDependedOn } from './stopped-containers.ts';
import { isUnnamed, type KnownImage, knownImage, unnamedIn } from './unnamed-images.ts';

/** What goes, in this order, and what stays, and why. */
export type Choice = {
  readonly containers: readonly ListedContainer[];
  readonly images: readonly KnownImage[];
  readonly volumes: readonly string[];
  readonly kept: readonly Kept[];
  /** How many more might go by another run. */
  readonly more: number;
  /** Every image of the engine, where one goes, and how many more there are that cannot be read. */
  readonly all: readonly KnownImage[];
  readonly unclear: number;
};

/** Reads what a cleanup of this scope would remove as it is now; with `bound` nothing besides that. Changes nothing. */
export async function chooseFor(
  { reader, protections }: EngineSight,
  scope: Scope,
  params: CleanupParams,
  bound?: Bound,
): Promise<Choice> {
  const now = await engineNow(reader);
  const minAgeMs = params.min_age_seconds * 1_000;
  const [known, listed] = await Promise.all([protections(), listContainers(reader)]);
  const { candidates, kept } = candidatesIn(listed, known, { scope, keep: params.keep });
  const judged = await judge(reader, candidates, listed, minAgeMs, now);
  const named = removableVolumes(params.volumes, await readVolumes(reader, params.volumes), listed, scope);
  let unclear = 0;
  const all = params.images ? await readImages(reader, scope, () => (unclear += 1)) : [];
  const used = new Set(listed.map(({ ImageID }) => ImageID));
  const unnamed = unnamedIn(all, used, { scope, minAgeMs }, now);

  const among = (ids: readonly string[] | undefined, id: string): boolean => !bound || !!ids?.includes(id);
  const volumes = named.volumes.filter((name) => among(bound?.volumes, name));
  const stopped = judged.stopped.filter(({ Id }) => among(bound?.containers, Id));
  const chosen = stopped.slice(0, mostItems - volumes.length);
  const needed = whatIsDependedOn(judged.stopped, chosen, listed);
  const containers = chosen.filter((each) => !needed.some(({ container }) => container === each));
  const images = unnamed
    .filter(({ Id }) => among(bound?.images, Id))
    .slice(0, mostItems - volumes.length - containers.length);
  const going = containers.length + needed.length + images.length + volumes.length;
  return {
    containers,
    images,
    volumes,
    kept: [...named.kept, ...kept, ...judged.kept, ...needed.map(({ kept: each }) => each)],
    more: judged.stopped.length + unnamed.length + named.volumes.length - going,
    all,
    unclear,
  };
}

export function boundBy({ containers, images, volumes }: Choice): Bound {
  return {
    containers: containers.map(({ Id }) => Id),
    images: images.map(({ Id }) => Id),
    volumes: [...volumes],
  };
}

async function engineNow(reader: EngineReader): Promise<number> {
  const { SystemTime } = readAs(engineClockSchema, await reader.read(['info']), 'its time');
  return Date.parse(SystemTime);
}

async function listContainers(reader: EngineReader): Promise<readonly ListedContainer[]> {
  const answer = await reader.read(['containers', 'json'], { all: true });
  return withOwnLabels(reader, readAs(z.array(listedContainerSchema), answer, 'its containers'));
}

async function judge(
  reader: EngineReader,
  candidates: readonly ListedContainer[],
  listed: readonly ListedContainer[],
  minAgeMs: number,
  now: number,
): Promise<{ readonly stopped: readonly ListedContainer[]; readonly kept: readonly Kept[] }> {
  if (candidates.length === 0) return { stopped: [], kept: [] };
  const all = (
    await readEach(listed, async ({ Id }): Promise<InspectedContainer[]> => {
      const answer = await reader.read(['containers', Id, 'json']);
      return answer === undefined ? [] : [readAs(inspectedContainerSchema, answer, 'a container')];
    })
  ).flat();
  const byId = new Map(all.map((each) => [each.Id, each]));
  const stopped: { readonly candidate: ListedContainer; readonly at: number }[] = [];
  const kept: Kept[] = [];
  for (const candidate of candidates) {
    const inspected = byId.get(candidate.Id);
    if (!inspected) continue;
    const why = afterInspection(inspected, all, minAgeMs, now);
    if (why === undefined) stopped.push({ candidate, at: endedAt(inspected) });
    else kept.push({ kind: 'container', name: nameOf(candidate), why });
  }
  stopped.sort((a, b) => a.at - b.at);
  return { stopped: stopped.map(({ candidate }) => candidate), kept };
}

/** All of them, because of the layers that they share; none when nothing can go anyway. */
async function readImages(
  reader: EngineReader,
  scope: Scope,
  leftOut: () => void,
): Promise<readonly KnownImage[]> {
  const answer = await reader.read(['images', 'json'], { all: true });
  const listed = readAs(listOf(listedImageSchema, leftOut), answer, 'its images');
  if (!listed.some((each) => isUnnamed(each) && isInScope(each.Labels, scope))) return [];
  const known = await readEach(listed, async (each): Promise<KnownImage[]> => {
    const inspected = await reader.read(['images', each.Id, 'json']);
    return inspected === undefined
      ? []
      : [knownImage(each, readAs(inspectedImageSchema, inspected, 'an image'))];
  });
  return known.flat();
}

async function readVolumes(reader: EngineReader, names: readonly string[]): Promise<readonly Volume[]> {
  const found = await readEach(names, async (name): Promise<Volume[]> => {
    const answer = await reader.read(['volumes', name]);
    return answer === undefined ? [] : [readAs(volumeSchema, answer, 'a volume')];
  });
  return found.flat();
}
