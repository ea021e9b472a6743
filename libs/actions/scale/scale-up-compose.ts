/**
 * Guarantee: each new container is created once, by whoever stated the intent, and carries the id of its remediation:
 * whoever looks afterwards can count what came of it, and nobody makes it again.
 */
import { z } from 'zod';
import type { ContainerReading, Member } from '#libs/contracts/rpc';
import type { Details } from '#libs/contracts/scalars';
import type { ContainerAction, NotApplicable, Observation, Patient, Prepared } from '../action.ts';
import { ActionFailed, type EngineCall, type EngineReader } from '../engine-port.ts';
import { notApplicable } from '../not-applicable.ts';
import { unseen } from '../same-container.ts';
import { slackSeconds } from '../stop-grace.ts';
import { cloneCalls } from './clone.ts';
import { makeClone } from './make-clone.ts';
import { filesPutIn, lackedByClone } from './put-in.ts';
import { type Family, familySchema, inspected, readSiblings, type Sibling, twins } from './sibling.ts';
import { modelOf } from './surplus.ts';
import { isAnonymous, type Template, templateSchema } from './template.ts';
import { obstacleToClone, separatorOf } from './whether-clonable.ts';
import { beingRecreated, composeCommand, scaledBy, wishFor } from './wish.ts';

const mostAtOnce = 15;
const secondsEach = 10;
const imageSchema = z.object({ Id: z.string() });

export async function surveyComposeUp(reader: EngineReader, patient: Patient): Promise<Details> {
  const family = await readSiblings(reader, patient.target.name);
  const model = modelFor(family.siblings, patient);
  if (!model) return { family: { ...family, inspections: {}, image_id: null } };
  const inspections = await inspected(reader, [model.id]);
  const template = templateSchema.safeParse(inspections[model.id]);
  const image = template.success
    ? await reader.read(['images', template.data.Config.Image, 'json'])
    : undefined;
  const known = imageSchema.safeParse(image);
  const lacked = template.success ? lackedByClone(await filesPutIn(reader, template.data)) : undefined;
  return { family: { ...family, inspections, image_id: known.success ? known.data.Id : null, lacked } };
}

export function prepareComposeUp(patient: Patient, params: Details): Prepared | NotApplicable {
  const { target } = patient;
  const family = familySchema.parse(patient.surveyed?.family);
  const { siblings, names } = family;
  const model = modelFor(siblings, patient);
  const template = templateOf(family, model);
  if ((!model || !template) && siblings.some(({ running }) => running)) {
    return notApplicable(
      `The container of ${target.name} that was to be cloned does not run any more, or none ran when it was asked for; nothing was done. Ask again`,
      'replaced',
    );
  }
  if (!model || !template) {
    return notApplicable(
      `No container of ${target.name} runs, so that there is none to make another one after. Ask for start first`,
    );
  }
  const twin = twins(siblings);
  if (twin !== undefined) return notApplicable(beingRecreated(target.name, twin));
  const obstacle = obstacleToClone(template);
  if (obstacle !== undefined) return notApplicable(`${model.name} cannot be scaled: ${obstacle}`);
  const separator = separatorOf(model.name, target.name, model.number);
  if (!separator) {
    return notApplicable(
      `${model.name} cannot be scaled: it has a name of its own (container_name), which only one container can have`,
    );
  }
  const service = { name: target.name, now: siblings.length, labels: [template.Config.Labels] };
  const wish = wishFor('up', params, service);
  if ('refusal' in wish) return notApplicable(wish.refusal);
  if (family.lacked !== undefined) {
    const command = composeCommand(target.name, wish.wished);
    return notApplicable(
      `${model.name} is not cloned: ${family.lacked}. Let Docker Compose do it: ${command}`,
    );
  }
  const more = wish.wished - siblings.length;
  if (more > mostAtOnce) {
    return notApplicable(`${more} more containers were asked for; at most ${mostAtOnce} are made at once`);
  }
  const clones = freeNumbers(siblings, names, more, (number) =>
    [...target.name.split('/'), number].join(separator),
  );
  const calls = clones.flatMap((clone) =>
    cloneCalls(template, {
      ...clone,
      image: family.image_id === template.Image ? template.Config.Image : template.Image,
      remediation_id: patient.remediation_id ?? 'the id of the remediation',
    }),
  );
  return {
    kind: 'ready',
    command: composeCommand(target.name, wish.wished),
    calls,
    notes: notesOn(template, model, siblings, family.image_id, clones),
    estimated_downtime_seconds: 0,
    evidence: {
      service: target.name,
      sibling: model.name,
      sibling_id: model.id,
      clones: clones.map(({ name }) => name),
      made_by: patient.remediation_id ?? null,
      previous_replicas: siblings.length,
      new_replicas: wish.wished,
      replicas_wanted: { running: more, made_by: patient.remediation_id ?? null },
    },
    settle_seconds: more * secondsEach + slackSeconds,
  };
}

export const runComposeUp: ContainerAction['run'] = async (ports, _patient, { calls, evidence }, signal) => {
  const made: Details[] = [];
  try {
    for (const each of perClone(calls)) made.push(await makeClone(ports.engine, each, signal));
  } catch (error) {
    if (!(error instanceof ActionFailed) || made.length === 0) throw error;
    const names = made.map(({ name }) => String(name)).join(', ');
    const result = { service: evidence.service, containers_created: made };
    throw new ActionFailed(`${error.message} These were made before and run: ${names}.`, { result });
  }
  return { ...scaledBy(evidence), containers_created: made };
};

export function observeComposeUp(evidence: Details, now: ContainerReading | undefined): Observation {
  const wanted = Array.isArray(evidence.clones) ? evidence.clones.length : 0;
  const made = (now?.replicas?.members ?? []).filter(({ made_by }) => made_by === evidence.made_by);
  if (made.length === 0) return unseen('no new container was made');
  const started = made.filter(({ started_at }) => started_at !== null);
  if (started.length < wanted) return { kind: 'half_done', message: whatIsThere(made, started, wanted) };
  const containers_created = made.map(({ container_id, container_name: name }) => ({ container_id, name }));
  return { kind: 'happened', result: { ...scaledBy(evidence), containers_created } };
}

function whatIsThere(made: readonly Member[], started: readonly Member[], wanted: number): string {
  const idle = made.filter((each) => !started.includes(each)).map(({ container_name }) => container_name);
  const advice =
    idle.length > 0 ? `. Not started: ${idle.join(', ')}; ask for start, or remove it (docker rm)` : '';
  return `of ${wanted} new containers ${made.length} were created and ${started.length} started${advice}`;
}

/** The very one that the request was bound to, while it runs. */
function modelFor(siblings: readonly Sibling[], { bound }: Patient): Sibling | undefined {
  if (!bound) return modelOf(siblings);
  return siblings.find(({ id, running }) => running && bound.containers.includes(id));
}

function templateOf({ inspections }: Family, model: Sibling | undefined): Template | undefined {
  const template = templateSchema.safeParse(model && inspections[model.id]);
  return template.success ? template.data : undefined;
}

type Numbered = { readonly number: number; readonly name: string };

/** The lowest numbers that neither a sibling nor, by its name, somebody else's container has. */
function freeNumbers(
  siblings: readonly Sibling[],
  names: readonly string[],
  many: number,
  nameOf: (number: number) => string,
): readonly Numbered[] {
  const taken = new Set(siblings.map(({ number }) => number));
  const free: Numbered[] = [];
  for (let number = 1; free.length < many; number += 1) {
    const name = nameOf(number);
    if (!taken.has(number) && !names.includes(name)) free.push({ number, name });
  }
  return free;
}

function notesOn(
  template: Template,
  model: Sibling,
  siblings: readonly Sibling[],
  imageId: string | null,
  clones: readonly Numbered[],
): readonly string[] {
  const shared = (template.Mounts ?? []).flatMap(({ Type, Name, Destination, RW }) =>
    RW !== false && (Type === 'bind' || (Type === 'volume' && !isAnonymous(Name))) ? [Destination] : [],
  );
  const down = siblings.filter(({ running }) => !running).map(({ name }) => name);
  return [
    `made after ${model.name}: ${clones.map(({ name }) => name).join(', ')}; one that cannot be started is removed again`,
    'the next docker compose up sets the number back to what its file says',
    ...(shared.length > 0 ? [`it writes to the same volumes as its siblings: ${shared.join(', ')}`] : []),
    ...(down.length > 0 ? [`these count as replicas and do not run: ${down.join(', ')}`] : []),
    ...(imageId === template.Image
      ? []
      : [
          `${template.Config.Image} stands for another image by now; the one that ${model.name} was made of is used`,
        ]),
  ];
}

/** Each clone's calls begin with its creation. */
function perClone(calls: readonly EngineCall[]): readonly (readonly EngineCall[])[] {
  const groups: EngineCall[][] = [];
  for (const call of calls) {
    if (call.path[1] === 'create') groups.push([]);
    groups.at(-1)?.push(call);
  }
  return groups;
}
