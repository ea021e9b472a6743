import { z } from 'zod';
import { composeLabels, type Labels, labelsSchema } from '#libs/actions/labels';
import { withOwnLabels } from '#libs/actions/own-labels';
import { type Identity, identityOf, protectedBy } from '#libs/actions/protection';
import { madeByLabel } from '#libs/actions/scale/clone';
import type { GuardAnswer } from '#libs/contracts/guard-answer';
import { remediationIdSchema } from '#libs/contracts/scalars';
import { isBound, type Mandate, unbound } from '../mandate.ts';
import { missing, pass, refuse } from '../verdict.ts';
import type { Check, World } from '../world.ts';

const inspectionSchema = z.object({
  Id: z.string(),
  Name: z.string(),
  Image: z.string(),
  State: z.object({ Running: z.boolean(), StartedAt: z.string() }),
  Config: z.object({ Labels: labelsSchema }),
});

/** A container as the engine shows it to the guard itself. */
export type Seen = {
  readonly id: string;
  readonly identity: Identity;
  readonly labels: Labels;
  /** Made by a remediation, and it has never run. */
  readonly isFreshClone: boolean;
};

/** Undefined: there is no such container. Labels and name of an id do not change, but for the name by hand. */
export async function seeContainer({ eye, engineName }: World, id: string): Promise<Seen | undefined> {
  const answer = await eye.read(['containers', id, 'json']);
  if (answer === undefined) return undefined;
  const { Id, Name, Image, State, Config } = inspectionSchema.parse(answer);
  const listed = { Names: [Name], Labels: Config.Labels, ImageID: Image };
  const [{ Labels: labels } = listed] = await withOwnLabels(eye, [listed]);
  const identity = identityOf(Id, [Name], labels, engineName);
  if (!identity || Id !== id)
    throw new Error('the engine shows another container, or one that is being removed');
  const neverRan = !State.Running && State.StartedAt.startsWith('0001-');
  const isFreshClone = neverRan && remediationIdSchema.safeParse(labels[madeByLabel]).success;
  return { id, identity, labels, isFreshClone };
}

/** Why nothing may be done to it; undefined: it may. */
export function barrier({ protection }: World, { id, identity, labels }: Seen): GuardAnswer | undefined {
  const reason = protectedBy(identity, id, labels, protection);
  return reason === null ? undefined : barred(identity.name, reason);
}

export function barred(name: string, reason: string): GuardAnswer {
  return refuse(
    `${name} is protected by ${reason}`,
    'act on it by hand, or take the protection away if it is not meant',
  );
}

/** Was the remediation approved for it, or did it make it itself, just now? */
export function beyond(mandate: Mandate, seen: Seen): GuardAnswer | undefined {
  if (isBound(mandate, 'containers', seen.id) || isOwnClone(mandate, seen)) return undefined;
  return unbound(mandate, `the container ${seen.id.slice(0, 12)} (${seen.identity.name})`);
}

export function isOwnClone({ remediationId }: Mandate, { isFreshClone, labels }: Seen): boolean {
  return isFreshClone && labels[madeByLabel] === remediationId;
}

export const mayActOnContainer: Check = async ({ names, body, mandate }, world) => {
  const seen = await seeContainer(world, names.container ?? '');
  if (!seen) return missing(`container: ${names.container}`);
  const barredBy = barrier(world, seen) ?? beyond(mandate, seen);
  if (barredBy) return barredBy;
  if (seen.identity.target.kind === 'swarm') {
    return refuse(`${seen.identity.name} is a task of Swarm, which would replace it`, 'act on its service');
  }
  return body === undefined ? pass : { kind: 'pass', body: z.looseObject({}).parse(body) };
};

export const mayRemoveContainer: Check = async ({ names, query, mandate }, world) => {
  const seen = await seeContainer(world, names.container ?? '');
  if (!seen) return missing(`container: ${names.container}`);
  const barredBy = barrier(world, seen) ?? beyond(mandate, seen);
  if (barredBy) return barredBy;
  if (query.force !== 'true' || isOwnClone(mandate, seen)) return pass;
  return refuse(
    `${seen.identity.name} is removed by force only where a remediation made it and it has never run`,
    'stop it first, then remove it without force',
  );
};

/** `project/service` of a container that Compose made, or something that says that it did. */
export function composeServiceIn(
  labels: Labels,
): { readonly project: string; readonly service: string } | undefined {
  const [project, service] = [labels[composeLabels.project], labels[composeLabels.service]];
  const isName = (text: string | undefined): text is string =>
    /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/.test(text ?? '');
  return isName(project) && isName(service) ? { project, service } : undefined;
}
