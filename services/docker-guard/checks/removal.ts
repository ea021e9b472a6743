import { z } from 'zod';
import { listedImageSchema, volumeSchema } from '#libs/actions/cleanup/readings';
import { isProtected } from '#libs/actions/cleanup/stopped-containers';
import { isUnnamed } from '#libs/actions/cleanup/unnamed-images';
import { labelsSchema } from '#libs/actions/labels';
import { isBound, unbound } from '../mandate.ts';
import { missing, pass, refuse } from '../verdict.ts';
import type { Check } from '../world.ts';
import { barred } from './container.ts';

const { Id, RepoTags, RepoDigests } = listedImageSchema.shape;
const imageSchema = z.object({
  Id,
  RepoTags,
  RepoDigests,
  Config: z.object({ Labels: labelsSchema }).nullish(),
});

// One that is in use the engine refuses by itself, as long as nobody asks with force.
export const mayRemoveImage: Check = async ({ names, mandate }, { eye }) => {
  const answer = await eye.read(['images', names.image ?? '', 'json']);
  if (answer === undefined) return missing(`image: ${names.image}`);
  const image = imageSchema.parse(answer);
  if (isProtected(image.Config?.Labels ?? {})) return barred(`the image ${image.Id}`, 'its labels');
  if (!isBound(mandate, 'images', names.image)) return unbound(mandate, `the image ${image.Id.slice(7, 19)}`);
  return isUnnamed(image)
    ? pass
    : refuse(
        `the image ${image.Id} has a name; only unnamed ones are removed`,
        'remove it by hand (docker rmi)',
      );
};

export const mayRemoveVolume: Check = async ({ names, mandate }, { eye }) => {
  const answer = await eye.read(['volumes', names.volume ?? '']);
  if (answer === undefined) return missing(`volume: ${names.volume}`);
  const volume = volumeSchema.parse(answer);
  const what = `the volume ${volume.Name}`;
  if (isProtected(volume.Labels)) return barred(what, 'its labels');
  return isBound(mandate, 'volumes', names.volume) ? pass : unbound(mandate, what);
};
