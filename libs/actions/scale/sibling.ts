import { z } from 'zod';
import type { Details } from '#libs/contracts/scalars';
import { readAs } from '../cleanup/listing.ts';
import type { EngineReader } from '../engine-port.ts';
import { composeLabels, type Labels, labelsSchema } from '../labels.ts';
import { ownName, withOwnLabels } from '../own-labels.ts';

const listedSchema = z.object({
  Id: z.string().regex(/^[0-9a-f]{64}$/),
  Names: z
    .array(z.string())
    .nullish()
    .transform((value) => value ?? []),
  ImageID: z.string().optional(),
  State: z.string().catch('unknown'),
  Created: z.number().catch(0),
  Labels: labelsSchema,
  HostConfig: z.object({ NetworkMode: z.string().nullish() }).nullish(),
});

const siblingSchema = z.object({
  id: z.string(),
  name: z.string(),
  number: z.int().min(0),
  running: z.boolean(),
  created: z.number(),
  /** Names of containers that live in its network. */
  dependents: z.array(z.string()),
});
/** A container of the Compose service that is scaled. */
export type Sibling = z.output<typeof siblingSchema>;

/** What is known of a Compose service before it is scaled. */
export const familySchema = z.object({
  siblings: z.array(siblingSchema),
  /** Every name that a container of this engine has. */
  names: z.array(z.string()),
  /** The engine's own words on the siblings that matter, by their ids. */
  inspections: z.record(z.string(), z.looseObject({})),
  /** Id of the image that the first sibling's image name stands for now. */
  image_id: z.string().nullable(),
  /** What a clone of the first sibling would lack. */
  lacked: z.string().optional(),
});
export type Family = z.output<typeof familySchema>;

/** The containers of `project/service`; others may have been made by hand, or be one-offs. Throws what the reader throws. */
export async function readSiblings(
  reader: EngineReader,
  composeService: string,
): Promise<Pick<Family, 'siblings' | 'names'>> {
  const answer = await reader.read(['containers', 'json'], { all: true });
  // One that is left out might live in the network of one that goes.
  const all = await withOwnLabels(reader, readAs(z.array(listedSchema), answer, 'its containers'));
  const named = all.map((each) => ({ ...each, name: ownName(each.Names) ?? '' }));
  const dependents = (id: string, name: string): string[] =>
    named.flatMap(({ HostConfig, name: own }) => {
      const mode = HostConfig?.NetworkMode ?? '';
      return mode === `container:${id}` || mode === `container:${name}` ? [own] : [];
    });
  const siblings = named
    .filter(({ Labels }) => belongsTo(Labels, composeService))
    .map(({ Id, name, State, Created, Labels }) => ({
      id: Id,
      name,
      number: Number(Labels[composeLabels.number]),
      running: State === 'running',
      created: Created,
      dependents: dependents(Id, name),
    }));
  return { siblings, names: named.map(({ name }) => name) };
}

export async function inspected(
  reader: EngineReader,
  ids: readonly string[],
): Promise<Record<string, Details>> {
  const read = await Promise.all(ids.map((id) => reader.read(['containers', id, 'json'])));
  return Object.fromEntries(
    ids.flatMap((id, at) => {
      const details = z.looseObject({}).safeParse(read[at]);
      return details.success ? [[id, details.data]] : [];
    }),
  );
}

function belongsTo(its: Labels, composeService: string): boolean {
  return (
    `${its[composeLabels.project]}/${its[composeLabels.service]}` === composeService &&
    its[composeLabels.oneOff]?.toLowerCase() !== 'true' &&
    /^\d{1,6}$/.test(its[composeLabels.number] ?? '')
  );
}

/** Two containers of one number: Compose is re-creating one of them right now, or was interrupted. */
export function twins(siblings: readonly Sibling[]): number | undefined {
  const numbers = siblings.map(({ number }) => number);
  return numbers.find((number, at) => numbers.indexOf(number) !== at);
}
