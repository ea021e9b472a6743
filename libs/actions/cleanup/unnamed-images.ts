import type { InspectedImage, ListedImage } from './readings.ts';
import { isInScope, type Scope } from './scope.ts';
import { isProtected } from './stopped-containers.ts';

/** An image with what is known of its layers, from the lowest up. */
export type KnownImage = ListedImage & { readonly layers: readonly string[]; readonly taggedAtMs: number };

export function knownImage(listed: ListedImage, inspected: InspectedImage): KnownImage {
  const tagged = Date.parse(inspected.Metadata?.LastTagTime ?? '');
  return { ...listed, layers: inspected.RootFS.Layers, taggedAtMs: tagged > 0 ? tagged : 0 };
}

type Wish = { readonly scope: Scope; readonly minAgeMs: number };

/**
 * The images without a name in scope that nothing uses, and the unnamed ones below them that were made for nothing
 * else; each stands before the one that it was made from. `used`: ids of the images of all containers; `now` in ms.
 */
export function unnamedIn(
  images: readonly KnownImage[],
  used: ReadonlySet<string>,
  { scope, minAgeMs }: Wish,
  now: number,
): readonly KnownImage[] {
  const children = new Map(images.map(({ Id }) => [Id, 0]));
  const count = (id: string, by: number): number => {
    const left = (children.get(id) ?? 0) + by;
    children.set(id, left);
    return left;
  };
  for (const { ParentId } of images) if (ParentId) count(ParentId, 1);
  const chosen = new Set<KnownImage>();
  const mayGo = (image: KnownImage): boolean =>
    isUnnamed(image) &&
    children.get(image.Id) === 0 &&
    !used.has(image.Id) &&
    !chosen.has(image) &&
    !isProtected(image.Labels) &&
    now - Math.max(image.Created * 1_000, image.taggedAtMs) >= minAgeMs;
  const byId = new Map(images.map((image) => [image.Id, image]));
  const heads = images.filter((image) => isInScope(image.Labels, scope) && mayGo(image));
  for (const head of heads.toSorted((a, b) => a.Created - b.Created || (a.Id < b.Id ? -1 : 1))) {
    for (let image: KnownImage | undefined = head; image && mayGo(image); ) {
      chosen.add(image);
      const parent: string = image.ParentId ?? '';
      if (parent !== '') count(parent, -1);
      image = byId.get(parent);
    }
  }
  return [...chosen];
}

/** Neither a tag nor a digest: what was pulled by its digest has a name. */
export function isUnnamed({ RepoTags, RepoDigests }: Pick<ListedImage, 'RepoTags' | 'RepoDigests'>): boolean {
  return [...RepoTags, ...RepoDigests].every((name) => name.startsWith('<none>'));
}
