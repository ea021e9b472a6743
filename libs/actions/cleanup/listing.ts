import { z } from 'zod';
import { ActionFailed, type EngineCall } from '../engine-port.ts';

const bytesSchema = z.number().min(0).nullable();

/** One thing to remove. `id` is what it is called by: a full id, of an image with its `sha256:`, of a volume its name. */
export const itemSchema = z.strictObject({
  kind: z.enum(['container', 'image', 'volume']),
  id: z.string(),
  name: z.string(),
  /** What the disk gains by it when all before it in the list are gone; null: not known. */
  bytes: bytesSchema,
});
export type Item = z.infer<typeof itemSchema>;
export type ItemKind = Item['kind'];

const keptSchema = z.strictObject({ kind: itemSchema.shape.kind, name: z.string(), why: z.string() });
export type Kept = z.infer<typeof keptSchema>;

/** What a survey comes to: what to remove, in this order, and what stays, and why. */
export const listingSchema = z.strictObject({
  items: z.array(itemSchema),
  kept: z.array(keptSchema),
  /** How many more stay than are listed. */
  kept_more: z.int().min(0),
  /** How many more might be removed by another run. */
  more: z.int().min(0),
});
export type Listing = z.infer<typeof listingSchema>;

/** The facts of one remediation hold the list several times, and a message to NATS has at most a megabyte. */
export const mostItems = 200;
export const mostKept = 50;

/** The one call that removes it, and nothing besides it: no force, no volumes, no unnamed parents. */
export function callFor({ kind, id }: Item): EngineCall {
  if (kind === 'container') {
    if (!/^[0-9a-f]{64}$/.test(id)) throw new RangeError('a container is removed by its full id only');
    return { method: 'DELETE', path: ['containers', id], query: { v: false, force: false, link: false } };
  }
  if (kind === 'image') {
    if (!/^sha256:[0-9a-f]{64}$/.test(id)) throw new RangeError('an image is removed by its full id only');
    return { method: 'DELETE', path: ['images', id], query: { force: false, noprune: true } };
  }
  return { method: 'DELETE', path: ['volumes', id], query: { force: false } };
}

/** Where one looks for it; a path of the engine. */
export function pathOf({ kind, id }: Item): readonly string[] {
  if (kind === 'volume') return ['volumes', id];
  return [kind === 'container' ? 'containers' : 'images', id, 'json'];
}

/** What a person would type. */
export function commandFor(items: readonly Item[]): string {
  const typed = (['container', 'image', 'volume'] as const).flatMap((kind) => {
    const names = items.filter((item) => item.kind === kind).map(({ name }) => name);
    return names.length === 0 ? [] : [`${commands[kind]} ${shortened(names)}`];
  });
  return typed.join('; ');
}

const commands = { container: 'docker rm', image: 'docker rmi --no-prune', volume: 'docker volume rm' };
const mostNames = 10;

function shortened(names: readonly string[]): string {
  const further = names.length - mostNames;
  return `${names.slice(0, mostNames).join(' ')}${further > 0 ? ` … (${further} more)` : ''}`;
}

/** The engine's answer in the form that is expected of it. */
export function readAs<S extends z.ZodType>(schema: S, answer: unknown, what: string): z.output<S> {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  throw new ActionFailed(`The Docker Engine tells of ${what} in a form that is not known; nothing was done`);
}
