import type { DiskUse, ListedImage } from './readings.ts';
import type { KnownImage } from './unnamed-images.ts';

/**
 * What the disk gains by each image when they are removed in this order: all above the layers that a remaining image
 * has as well. Layers are shared from the lowest up, so that these are the lower part of a pile, and its size is
 * known where a pile ends: an image's own size, and what the engine says an image shares. Null: not known.
 */
export function bytesFreed(
  removed: readonly KnownImage[],
  all: readonly KnownImage[],
  diskUse: DiskUse | undefined,
): readonly (number | null)[] {
  const known = knownPiles(all, diskUse);
  return removed.map((image, at) => {
    const gone = new Set(removed.slice(0, at + 1).map(({ Id }) => Id));
    const remaining = all.filter(({ Id }) => !gone.has(Id));
    const shared = known.get(pileOf(image, sharedDepth(image, remaining)));
    return shared === undefined || shared > image.Size ? null : image.Size - shared;
  });
}

function knownPiles(all: readonly KnownImage[], diskUse: DiskUse | undefined): ReadonlyMap<string, number> {
  const piles = new Map([['', 0]]);
  for (const image of all) piles.set(pileOf(image, image.layers.length), image.Size);
  const told = diskUse?.Images ?? [];
  const listed = all.filter(({ Id }) => told.some((each) => each.Id === Id));
  for (const image of listed) {
    const { SharedSize = -1 } = told.find((each) => each.Id === image.Id) ?? {};
    const others = listed.filter(({ Id }) => Id !== image.Id);
    if (SharedSize >= 0) piles.set(pileOf(image, sharedDepth(image, others)), SharedSize);
  }
  return piles;
}

/** How many layers, from the lowest up, some other image has as well. */
function sharedDepth({ layers }: KnownImage, others: readonly KnownImage[]): number {
  return Math.max(
    0,
    ...others.map((other) => {
      const differs = layers.findIndex((layer, at) => other.layers[at] !== layer);
      return differs === -1 ? layers.length : differs;
    }),
  );
}

const pileOf = ({ layers }: KnownImage, depth: number): string => layers.slice(0, depth).join(' ');

/** What a person would call it. */
export function shortId({ Id }: Pick<ListedImage, 'Id'>): string {
  return Id.slice('sha256:'.length, 'sha256:'.length + 12);
}
