/**
 * Guarantee: only containers that were leased and named by their ids in the intent are stopped and removed, highest
 * number first, and never the last one that runs. Volumes stay.
 */
import { z } from 'zod';
import type { ContainerReading } from '#libs/contracts/rpc';
import type { Details } from '#libs/contracts/scalars';
import type { ContainerAction, NotApplicable, Observation, Patient, Prepared } from '../action.ts';
import { containerCall, type EngineCall, type EngineReader, refusedWith } from '../engine-port.ts';
import { notApplicable } from '../not-applicable.ts';
import { unseen } from '../same-container.ts';
import { graceSecondsOf, slackSeconds } from '../stop-grace.ts';
import { familySchema, inspected, readSiblings, type Sibling, twins } from './sibling.ts';
import { surplusOf, wishedOf } from './surplus.ts';
import { anonymousVolumes, type Template, templateSchema } from './template.ts';
import { beingRecreated, composeCommand, scaledBy, scaleParamsSchema, wishFor } from './wish.ts';

const mostAtOnce = 15;
const removalSeconds = 5;

export async function surveyComposeDown(
  reader: EngineReader,
  { target }: Patient,
  params: Details,
): Promise<Details> {
  const family = await readSiblings(reader, target.name);
  const { replicas } = scaleParamsSchema.parse(params);
  const wished = wishedOf({ direction: 'down', replicas }, family.siblings.length);
  const going = surplusOf(family.siblings, Math.max(1, wished));
  const inspections = await inspected(
    reader,
    going.map(({ id }) => id),
  );
  return { family: { ...family, inspections, image_id: null } };
}

type Going = { readonly sibling: Sibling; readonly template: Template; readonly graceSeconds: number };

export function prepareComposeDown(patient: Patient, params: Details): Prepared | NotApplicable {
  const { target } = patient;
  const { siblings, inspections } = familySchema.parse(patient.surveyed?.family);
  const twin = twins(siblings);
  if (twin !== undefined) return notApplicable(beingRecreated(target.name, twin));
  const wish = wishFor('down', params, { name: target.name, now: siblings.length, labels: [] });
  if ('refusal' in wish) return notApplicable(wish.refusal);
  const surplus = surplusOf(siblings, wish.wished);
  if (patient.bound && !isSame(surplus, patient.bound.containers)) {
    return notApplicable(
      `The containers of ${target.name} are others than when it was asked for, and nothing was done. Ask again`,
      'replaced',
    );
  }
  const going = surplus.flatMap((sibling): readonly Going[] => {
    const template = templateSchema.safeParse(inspections[sibling.id]);
    return template.success
      ? [{ sibling, template: template.data, graceSeconds: graceOf(patient, template.data) }]
      : [];
  });
  const staying = siblings.filter((each) => !going.some(({ sibling }) => sibling.id === each.id));
  const obstacle = obstacleTo(going, staying, siblings.length - wish.wished);
  if (obstacle !== undefined) return notApplicable(`${target.name} is not scaled down: ${obstacle}`);
  const graceSeconds = going.reduce((sum, each) => sum + each.graceSeconds + removalSeconds, 0);
  return {
    kind: 'ready',
    command: composeCommand(target.name, wish.wished),
    calls: going.flatMap(callsFor),
    notes: notesOn(going),
    estimated_downtime_seconds: 0,
    evidence: {
      service: target.name,
      removed: going.map(({ sibling }) => ({ container_id: sibling.id, name: sibling.name })),
      volumes_kept: going.flatMap(({ template }) => anonymousVolumes(template)),
      previous_replicas: siblings.length,
      new_replicas: wish.wished,
      replicas_wanted: { running: staying.filter(({ running }) => running).length, made_by: null },
    },
    settle_seconds: graceSeconds + slackSeconds,
    touches: going.map(({ sibling }) => ({ ...target, name: `${target.name}/${sibling.number}` })),
  };
}

export const runComposeDown: ContainerAction['run'] = async (
  { engine },
  _patient,
  { calls, evidence },
  signal,
) => {
  for (const call of calls) {
    try {
      await engine.call(call, signal);
    } catch (error) {
      // Gone by itself, or by somebody else's hand: there is nothing left to take away.
      if (refusedWith(error) !== 404) throw error;
    }
  }
  return resultOf(evidence);
};

export function observeComposeDown(evidence: Details, now: ContainerReading | undefined): Observation {
  const removed = removedSchema.parse(evidence.removed);
  const members = now?.replicas?.members ?? [];
  const left = members.filter((each) =>
    removed.some(({ container_id }) => container_id === each.container_id),
  );
  if (left.length === 0) return { kind: 'happened', result: resultOf(evidence) };
  const touched =
    left.length < removed.length || left.some(({ running, restarting }) => !running && !restarting);
  const names = left.map(({ container_name, status }) => `${container_name} (${status})`).join(', ');
  return touched
    ? { kind: 'half_done', message: `still there: ${names}` }
    : unseen(`all that were to go are still there: ${names}`);
}

const removedSchema = z.array(z.object({ container_id: z.string(), name: z.string() }));

function resultOf(evidence: Details): Details {
  const { removed, volumes_kept } = evidence;
  return { ...scaledBy(evidence), containers_removed: removed, volumes_kept };
}

function isSame(surplus: readonly Sibling[], bound: readonly string[]): boolean {
  return surplus.length === bound.length && surplus.every(({ id }) => bound.includes(id));
}

function callsFor({ sibling, graceSeconds }: Going): readonly EngineCall[] {
  return [
    containerCall('POST', sibling.id, 'stop', { t: graceSeconds }),
    { method: 'DELETE', path: ['containers', sibling.id], query: { v: false } },
  ];
}

function obstacleTo(
  going: readonly Going[],
  staying: readonly Sibling[],
  wanted: number,
): string | undefined {
  if (going.length > mostAtOnce) return `${going.length} would go; at most ${mostAtOnce} at once`;
  if (going.length !== wanted) return 'its containers are changing at this moment; ask again';
  if (!staying.some(({ running }) => running)) {
    return `none of those that stay runs (${staying.map(({ name }) => name).join(', ')}): start one first`;
  }
  for (const { sibling, template } of going) {
    if (sibling.dependents.length > 0) {
      return `${sibling.dependents.join(', ')} would lose the network, which is that of ${sibling.name}`;
    }
    if (template.HostConfig.AutoRemove === true && anonymousVolumes(template).length > 0) {
      return `with ${sibling.name} Docker would remove its anonymous volumes (--rm)`;
    }
  }
  return undefined;
}

function notesOn(going: readonly Going[]): readonly string[] {
  const volumes = going.flatMap(({ template }) => anonymousVolumes(template));
  return [
    `stopped and removed: ${going.map(({ sibling }) => sibling.name).join(', ')}; what was written inside them is lost`,
    'the next docker compose up sets the number back to what its file says',
    ...(volumes.length > 0
      ? [`their anonymous volumes stay, with what is in them, until you remove them: ${volumes.join(', ')}`]
      : []),
  ];
}

function graceOf(patient: Patient, { Config }: Template): number {
  const label = Config.Labels['hemostat.stop-timeout'];
  const stated =
    label !== undefined && /^\d{1,6}$/.test(label) ? Number(label) : (Config.StopTimeout ?? null);
  return graceSecondsOf({ ...patient, stop_timeout_seconds: stated });
}
