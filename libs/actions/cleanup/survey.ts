import type { Bound } from '#libs/contracts/bound';
import type { EngineSight } from '../action.ts';
import { chooseFor } from './choice.ts';
import { bytesFreed, shortId } from './layers.ts';
import { type Item, type Listing, mostKept } from './listing.ts';
import { measureContainers, readDiskUse, untilMeasured } from './measure.ts';
import type { DiskUse } from './readings.ts';
import type { CleanupParams, Scope } from './scope.ts';
import { nameOf } from './stopped-containers.ts';

/** Reads what a cleanup of this scope would remove and what the disk gains by it, and what it would leave. Changes nothing. */
export async function surveyCleanup(
  sight: EngineSight,
  scope: Scope,
  params: CleanupParams,
  bound?: Bound,
): Promise<Listing> {
  const { containers, images, volumes, kept, more, ...known } = await chooseFor(sight, scope, params, bound);
  const measured = untilMeasured();
  const sizes = await measureContainers(sight.reader, containers, measured);
  const wanted = { images: images.length > 0, volumes: volumes.length > 0 };
  const diskUse = await readDiskUse(sight.reader, wanted, measured);
  // One that cannot be read may have the same layers.
  const freed = known.unclear === 0 ? bytesFreed(images, known.all, diskUse) : [];
  const items: Item[] = [
    ...containers.map((each) => ({
      kind: 'container' as const,
      id: each.Id,
      name: nameOf(each),
      bytes: sizes.get(each.Id) ?? null,
    })),
    ...images.map((each, at) => ({
      kind: 'image' as const,
      id: each.Id,
      name: shortId(each),
      bytes: freed[at] ?? null,
    })),
    ...volumes.map((name) => ({
      kind: 'volume' as const,
      id: name,
      name,
      bytes: sizeOfVolume(name, diskUse?.Volumes),
    })),
  ];
  return { items, kept: kept.slice(0, mostKept), kept_more: Math.max(0, kept.length - mostKept), more };
}

function sizeOfVolume(name: string, told: DiskUse['Volumes']): number | null {
  const size = told?.find((volume) => volume.Name === name)?.UsageData?.Size ?? -1;
  return size >= 0 ? size : null;
}
