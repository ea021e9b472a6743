import { z } from 'zod';
import type { EngineSight } from '../action.ts';
import type { EngineReader } from '../engine-port.ts';
import { bytesFreed, shortId } from './layers.ts';
import { type Item, type Kept, type Listing, mostItems, mostKept, readAs } from './listing.ts';
import { measureContainers, readDiskUse, untilMeasured } from './measure.ts';
import { removableVolumes } from './named-volumes.ts';
import { readEach } from './read-each.ts';
import {
  type DiskUse,
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
import { afterInspection, candidatesIn, endedAt, nameOf } from './stopped-containers.ts';
import { isUnnamed, type KnownImage, knownImage, unnamedIn } from './unnamed-images.ts';

/** Reads what a cleanup of this scope would remove, and what it would leave. Changes nothing. */
export async function surveyCleanup(
  { reader, protections }: EngineSight,
  scope: Scope,
  params: CleanupParams,
): Promise<Listing> {
  const now = await engineNow(reader);
  const minAgeMs = params.min_age_seconds * 1_000;
  const [known, listed] = await Promise.all([protections(), listContainers(reader)]);
  const { candidates, kept } = candidatesIn(listed, known, { scope, keep: params.keep });
  const judged = await judge(reader, candidates, listed, minAgeMs, now);
  const named = removableVolumes(params.volumes, await readVolumes(reader, params.volumes), listed, scope);
  const images = params.images ? await readImages(reader, scope) : [];
  const used = new Set(listed.map(({ ImageID }) => ImageID));
  const unnamed = unnamedIn(images, used, { scope, minAgeMs }, now);

  const containers = judged.stopped.slice(0, mostItems - named.volumes.length);
  const chosenImages = unnamed.slice(0, mostItems - named.volumes.length - containers.length);
  const measured = untilMeasured();
  const sizes = await measureContainers(reader, containers, measured);
  const diskUse = await readDiskUse(
    reader,
    { images: chosenImages.length > 0, volumes: named.volumes.length > 0 },
    measured,
  );
  const freed = bytesFreed(chosenImages, images, diskUse);
  const items: Item[] = [
    ...containers.map((each) => ({
      kind: 'container' as const,
      id: each.Id,
      name: nameOf(each),
      bytes: sizes.get(each.Id) ?? null,
    })),
    ...chosenImages.map((each, at) => ({
      kind: 'image' as const,
      id: each.Id,
      name: shortId(each),
      bytes: freed[at] ?? null,
    })),
    ...named.volumes.map((name) => ({
      kind: 'volume' as const,
      id: name,
      name,
      bytes: sizeOfVolume(name, diskUse?.Volumes),
    })),
  ];
  const all: readonly Kept[] = [...named.kept, ...kept, ...judged.kept];
  const more = judged.stopped.length + unnamed.length - containers.length - chosenImages.length;
  return { items, kept: all.slice(0, mostKept), kept_more: Math.max(0, all.length - mostKept), more };
}

async function engineNow(reader: EngineReader): Promise<number> {
  const { SystemTime } = readAs(engineClockSchema, await reader.read(['info']), 'its time');
  return Date.parse(SystemTime);
}

async function listContainers(reader: EngineReader): Promise<readonly ListedContainer[]> {
  const answer = await reader.read(['containers', 'json'], { all: true });
  return readAs(z.array(listedContainerSchema), answer, 'its containers');
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
async function readImages(reader: EngineReader, scope: Scope): Promise<readonly KnownImage[]> {
  const answer = await reader.read(['images', 'json'], { all: true });
  const listed = readAs(z.array(listedImageSchema), answer, 'its images');
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

function sizeOfVolume(name: string, told: DiskUse['Volumes']): number | null {
  const size = told?.find((volume) => volume.Name === name)?.UsageData?.Size ?? -1;
  return size >= 0 ? size : null;
}
