import { expect, it } from 'vitest';
import { bytesFreed } from './layers.ts';
import { diskUseSchema, inspectedImageSchema, listedImageSchema } from './readings.ts';
import { type KnownImage, knownImage, unnamedIn } from './unnamed-images.ts';

const idOf = (name: string): string => `sha256:${Buffer.from(name).toString('hex').padEnd(64, '0')}`;
type Example = {
  readonly tag?: string;
  readonly digest?: string;
  readonly parent?: string;
  readonly tagged?: string;
};
const image = (name: string, layers: string, Size: number, more: Example = {}): KnownImage =>
  knownImage(
    listedImageSchema.parse({
      Id: idOf(name),
      ParentId: more.parent === undefined ? '' : idOf(more.parent),
      RepoTags: more.tag === undefined ? null : [more.tag],
      RepoDigests: more.digest === undefined ? null : [more.digest],
      Created: 0,
      Size,
      Labels: null,
    }),
    inspectedImageSchema.parse({ RootFS: { Layers: [...layers] }, Metadata: { LastTagTime: more.tagged } }),
  );
const told = (sizes: Record<string, number>) =>
  diskUseSchema.parse({
    Images: Object.entries(sizes).map(([name, SharedSize]) => ({ Id: idOf(name), Size: 0, SharedSize })),
  });
const namesOf = (images: readonly KnownImage[]) =>
  images.map(({ Id }) => Buffer.from(Id.slice(7), 'hex').toString().replaceAll('\0', ''));
const everything = { scope: { all: true }, minAgeMs: 0 } as const;

it('frees what no other image has, and says nothing where it cannot tell how much that is', () => {
  const [base, one] = [image('base', 'ab', 30, { tag: 'base:1' }), image('one', 'abc', 70)];
  expect(bytesFreed([one], [base, one], undefined)).toEqual([40]);
  const other = image('other', 'axy', 500, { tag: 'other:1' });
  expect(bytesFreed([one], [one, other], undefined)).toEqual([null]);
  expect(bytesFreed([one], [one, other], told({ one: 10, other: 10 }))).toEqual([60]);
  expect(bytesFreed([one], [one, other], told({ one: -1, other: -1 }))).toEqual([null]);
  expect(bytesFreed([image('same', 'ab', 30)], [base, image('same', 'ab', 30)], undefined)).toEqual([0]);
});

it('frees a shared layer with the last that has it', () => {
  const all = [image('one', 'abc', 70), image('two', 'abd', 90)];
  expect(bytesFreed(all, all, told({ one: 30, two: 30 }))).toEqual([40, 90]);
});

it('takes images that nothing names, uses or was made from, and what lies below them for them alone', () => {
  const all = [
    image('root', 'a', 10, { tag: 'root:1' }),
    image('below', 'ab', 20, { parent: 'root' }),
    image('top', 'abc', 30, { parent: 'below' }),
    image('pulled', 'x', 10, { digest: 'repo@sha256:0' }),
    image('shared', 'ad', 20, { parent: 'root' }),
    image('child', 'ade', 30, { parent: 'shared', tag: 'child:1' }),
    image('used', 'af', 20, { parent: 'root' }),
  ];
  expect(namesOf(unnamedIn(all, new Set([idOf('used')]), everything, 0))).toEqual(['top', 'below']);
});

it('counts the age of an image from when it last got a name, if that was later than it was made', () => {
  const lost = image('lost', 'a', 10, { tagged: '1970-01-01T02:00:00Z' });
  const after = (hours: number) =>
    unnamedIn([lost], new Set(), { ...everything, minAgeMs: 3_600_000 }, hours * 3_600_000).length;
  expect([after(2.9), after(3)]).toEqual([0, 1]);
});
