import { z } from 'zod';
import type { ScaleWish } from '#libs/contracts/rpc';
import type { Details } from '#libs/contracts/scalars';
import type { Labels } from '../labels.ts';
import { wishedOf } from './surplus.ts';

export const scaleParamsSchema = z.strictObject({
  /** How many there shall be; one more, or one fewer, without it. */
  replicas: z.int().min(0).max(1_000).optional(),
});

const maxReplicasLabel = 'hemostat.max_replicas';
const defaultMaxReplicas = 10;

export type Direction = ScaleWish['direction'];

/** How many there shall be of the service, or why it is left as it is. */
export function wishFor(
  direction: Direction,
  params: Details,
  service: { readonly name: string; readonly now: number; readonly labels: readonly Labels[] },
): { readonly wished: number } | { readonly refusal: string } {
  const { name, now } = service;
  const { replicas } = scaleParamsSchema.parse(params);
  const wished = wishedOf({ direction, replicas }, now);
  const refusal =
    direction === 'up' ? whyNotUp(name, now, wished, service.labels) : whyNotDown(name, now, wished);
  return refusal === undefined ? { wished } : { refusal };
}

function whyNotUp(name: string, now: number, wished: number, labels: readonly Labels[]): string | undefined {
  if (wished === now) return `${name} has ${count(now)} already; nothing to do`;
  if (wished < now) return `${name} has ${count(now)}, more than ${wished}: ask for scale_down instead`;
  const most = maxReplicasOf(labels);
  if (most === undefined) {
    return `the label ${maxReplicasLabel} of ${name} is no whole number, so that it is not known how far it may be scaled. Correct the label`;
  }
  if (wished <= most) return undefined;
  return `${name} has ${count(now)} and may have ${most} at most (label ${maxReplicasLabel}, ${defaultMaxReplicas} without it); ${wished} were asked for`;
}

function whyNotDown(name: string, now: number, wished: number): string | undefined {
  if (wished < 1) {
    return now > 1
      ? `${name} is never scaled below one replica. Ask for stop if it shall not run at all`
      : `${name} has ${count(now)}, and is never scaled below one. Ask for stop if it shall not run at all`;
  }
  if (wished === now) return `${name} has ${count(now)} already; nothing to do`;
  return wished > now
    ? `${name} has ${count(now)}, fewer than ${wished}: ask for scale_up instead`
    : undefined;
}

/** The strictest of what the labels say; undefined when one of them cannot be read. */
function maxReplicasOf(labels: readonly Labels[]): number | undefined {
  const names = [maxReplicasLabel, maxReplicasLabel.replaceAll('_', '-')];
  const stated = labels.flatMap((each) => names.flatMap((name) => each[name] ?? []));
  if (stated.length === 0) return defaultMaxReplicas;
  return stated.every((text) => /^\d{1,6}$/.test(text.trim())) ? Math.min(...stated.map(Number)) : undefined;
}

export function beingRecreated(service: string, number: number): string {
  return `${service} has two containers of the number ${number}: Compose is re-creating one, or was interrupted. Run docker compose up again, then ask again`;
}

/** What a person would type to scale a Compose service, `project/service`. */
export function composeCommand(composeService: string, replicas: number): string {
  const [project, service] = composeService.split('/');
  return `docker compose -p ${project} up -d --no-recreate --scale ${service}=${replicas}`;
}

function count(replicas: number): string {
  return replicas === 1 ? '1 replica' : `${replicas} replicas`;
}

/** What the result of a scaling says by its evidence, whatever the service is. */
export function scaledBy(evidence: Details): Details {
  const service = String(evidence.service);
  const previous = Number(evidence.previous_replicas);
  const next = Number(evidence.new_replicas);
  const details = `Service ${service} scaled from ${previous} to ${count(next)}`;
  return { details, service, previous_replicas: previous, new_replicas: next };
}
