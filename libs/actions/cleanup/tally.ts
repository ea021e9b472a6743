import type { Details } from '#libs/contracts/scalars';
import type { Item, ItemKind, Listing } from './listing.ts';

/** `gone`: something else removed it first. */
export type Fate = {
  readonly item: Item;
  readonly status: 'removed' | 'gone' | 'not_removed';
  readonly why?: string;
};

/**
 * The result of a cleanup. `space_reclaimed_bytes` is the sum of what is known; null when something was removed and
 * nothing of it is known. How many sizes it lacks says `sizes_unknown`.
 */
export function tally(fates: readonly Fate[], { kept, kept_more, more }: Omit<Listing, 'items'>): Details {
  const items = withTrueBytes(fates);
  const removed = items.filter(({ status }) => status === 'removed');
  const known = removed.flatMap(({ bytes }) => (bytes === null ? [] : [bytes]));
  return {
    containers_removed: ofKind(removed, 'container'),
    images_removed: ofKind(removed, 'image'),
    volumes_removed: ofKind(removed, 'volume'),
    space_reclaimed_bytes: removed.length > 0 && known.length === 0 ? null : sum(known),
    sizes_unknown: removed.length - known.length,
    items,
    kept,
    kept_more,
    more,
  };
}

type Told = Item & { readonly status: Fate['status']; readonly why?: string };

/** An image was measured as if all before it were gone: when one of them stayed, it is not known what this one freed. */
function withTrueBytes(fates: readonly Fate[]): readonly Told[] {
  let oneStayed = false;
  return fates.map(({ item, status, why }) => {
    const bytes = item.kind === 'image' && oneStayed ? null : item.bytes;
    oneStayed ||= item.kind === 'image' && status === 'not_removed';
    return { ...item, bytes, status, ...(why === undefined ? {} : { why }) };
  });
}

function ofKind(items: readonly Told[], kind: ItemKind): number {
  return items.filter((item) => item.kind === kind).length;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

/** `3 containers, 1 image and 4096 bytes`, as a person says it. */
export function sayItems(items: readonly Pick<Item, 'kind' | 'bytes'>[]): string {
  const counts = (['container', 'image', 'volume'] as const).flatMap((kind) => {
    const count = items.filter((item) => item.kind === kind).length;
    return count === 0 ? [] : [`${count} ${count === 1 ? kind : `${kind}s`}`];
  });
  const last = counts.pop() ?? 'nothing';
  return counts.length === 0 ? last : `${counts.join(', ')} and ${last}`;
}

/** `4096 bytes`, and of how many it is not known. */
export function sayBytes(items: readonly Pick<Item, 'bytes'>[]): string {
  const known = items.flatMap(({ bytes }) => (bytes === null ? [] : [bytes]));
  const unknown = items.length - known.length;
  if (known.length === 0 && unknown > 0) return 'how many bytes is not known';
  return `${sum(known)} bytes${unknown === 0 ? '' : `, without ${unknown} whose size is not known`}`;
}
