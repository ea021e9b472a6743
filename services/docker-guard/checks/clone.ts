/**
 * Guarantee: a container is made only as the copy of a running sibling of its Compose service that the guard has
 * worked out itself, from what the engine shows it: nothing of what the client sent reaches the engine.
 */
import { z } from 'zod';
import { composeLabels } from '#libs/actions/labels';
import { type CloneIdentity, cloneCalls, madeByLabel } from '#libs/actions/scale/clone';
import { readSiblings, type Sibling } from '#libs/actions/scale/sibling';
import { type Template, templateSchema } from '#libs/actions/scale/template';
import { obstacleToClone, separatorOf } from '#libs/actions/scale/whether-clonable';
import { wishFor } from '#libs/actions/scale/wish';
import type { GuardAnswer } from '#libs/contracts/guard-answer';
import { canonicalJson } from '#libs/contracts/json';
import { type Details, detailsSchema, remediationIdSchema } from '#libs/contracts/scalars';
import { isBound, unbound } from '../mandate.ts';
import { refuse } from '../verdict.ts';
import type { Check, World } from '../world.ts';
import { barrier, composeServiceIn, isOwnClone, type Seen, seeContainer } from './container.ts';

const labelsSchema = z.record(z.string(), z.string());
const cloneSchema = z.looseObject({ Image: z.string(), Labels: labelsSchema });
const connectionSchema = z.object({
  Container: z.string().regex(/^[0-9a-f]{64}$/),
  EndpointConfig: detailsSchema,
});
const imageSchema = z.object({ Id: z.string() });

const foreign = refuse(
  'a new container must be the copy of a running container of the same Compose service, under the next free number',
  'ask for scale_up again (the service may have changed meanwhile); anything else is made by hand',
);

export const mayCreateClone: Check = async ({ query, body, mandate }, world) => {
  const read = cloneSchema.safeParse(body);
  if (!read.success) return foreign;
  const { Image, Labels } = read.data;
  const family = await familyOf(Labels, world);
  const clone = identityIn(Labels, query.name ?? '', Image);
  if (!family || !clone) return foreign;
  if ('kind' in family) return family;
  const models = family.models.filter(({ sibling }) => isBound(mandate, 'containers', sibling.id));
  if (models.length === 0 || clone.remediation_id !== mandate.remediationId) {
    return unbound(mandate, `a container of ${family.service}`);
  }
  const { siblings, names } = family.all;
  if (names.includes(clone.name) || siblings.some(({ number }) => number === clone.number)) return foreign;
  for (const { sibling, template } of models) {
    const [create] = cloneCalls(template, clone);
    if (!create?.body || canonicalJson(create.body) !== canonicalJson(body)) continue;
    if (!isNamedLike(sibling, clone, family.service) || !(await isItsImage(Image, template, world))) continue;
    const service = { name: family.service, now: siblings.length, labels: [template.Config.Labels] };
    const wish = wishFor('up', { replicas: siblings.length + 1 }, service);
    if ('refusal' in wish) return refuse(wish.refusal, 'raise the label if more are wanted');
    return { kind: 'pass', body: create.body };
  }
  return foreign;
};

export const mayConnectClone: Check = async ({ names, body, mandate }, world) => {
  const read = connectionSchema.safeParse(body);
  const seen = read.success ? await seeContainer(world, read.data.Container) : undefined;
  if (!read.success || !seen || !isOwnClone(mandate, seen)) return foreign;
  const family = await familyOf(seen.labels, world);
  const clone = identityIn(seen.labels, seen.identity.name, '');
  if (!family || !clone) return foreign;
  if ('kind' in family) return family;
  const wanted = canonicalJson({ ...read.data, Container: clone.name });
  const isCall = family.models.some(({ template }) =>
    cloneCalls(template, clone).some(
      ({ path, body: own }) =>
        path[0] === 'networks' && path[1] === names.network && canonicalJson(own) === wanted,
    ),
  );
  return isCall ? { kind: 'pass', body: read.data } : foreign;
};

type Family = {
  readonly service: string;
  readonly all: Awaited<ReturnType<typeof readSiblings>>;
  /** Those that others may be made after. */
  readonly models: readonly { readonly sibling: Sibling; readonly template: Template }[];
};

/** The service as it is now, or why nothing may be done to it: one protected container protects all of them. */
async function familyOf(labels: Details, world: World): Promise<Family | GuardAnswer | undefined> {
  const named = composeServiceIn(labelsSchema.parse(labels));
  if (!named) return undefined;
  const service = `${named.project}/${named.service}`;
  const all = await readSiblings(world.eye, service);
  const seen = await Promise.all(all.siblings.map(({ id }) => seeContainer(world, id)));
  const barredBy = seen.flatMap((each: Seen | undefined) => (each && barrier(world, each)) ?? [])[0];
  if (barredBy) return barredBy;
  const running = all.siblings.filter((sibling) => sibling.running);
  const models = await Promise.all(
    running.map(async (sibling) => {
      const read = templateSchema.safeParse(await world.eye.read(['containers', sibling.id, 'json']));
      return read.success && obstacleToClone(read.data) === undefined
        ? [{ sibling, template: read.data }]
        : [];
    }),
  );
  return { service, all, models: models.flat() };
}

function identityIn(labels: Details, name: string, image: string): CloneIdentity | undefined {
  const number = z
    .string()
    .regex(/^[1-9]\d{0,5}$/)
    .safeParse(labels[composeLabels.number]);
  const remediation = remediationIdSchema.safeParse(labels[madeByLabel]);
  if (!number.success || !remediation.success) return undefined;
  return { name, number: Number(number.data), image, remediation_id: remediation.data };
}

function isNamedLike(sibling: Sibling, clone: CloneIdentity, service: string): boolean {
  const separator = separatorOf(sibling.name, service, sibling.number);
  return separator !== undefined && clone.name === [...service.split('/'), clone.number].join(separator);
}

/** Of the very image that the sibling was made of, also where it is called by its name. */
async function isItsImage(image: string, template: Template, { eye }: World): Promise<boolean> {
  if (image === template.Image) return true;
  if (image !== template.Config.Image) return false;
  const read = imageSchema.safeParse(await eye.read(['images', image, 'json']));
  return read.success && read.data.Id === template.Image;
}
