import { z } from 'zod';
import { boundSchema } from './bound.ts';
import { limitsSchema } from './limits.ts';
import { engineSchema } from './scalars.ts';

export const targetKinds = ['container', 'compose', 'swarm', 'endpoint', 'cleanup'] as const;
export type TargetKind = (typeof targetKinds)[number];

export const longestTargetName = 400;

/**
 * What a remediation acts on, in its one canonical form. `name` is the container's name, Compose's
 * `project/service/number` (`project/service` where the service as a whole is meant), the Swarm service's name, what of an HTTP endpoint is acted upon (`chaos/<attack>`), or the scope of a cleanup: never a
 * container's id, because ids change on re-creation, unless its name is longer than a target's may be.
 */
export const targetSchema = z.strictObject({
  engine: engineSchema,
  kind: z.enum(targetKinds),
  name: z.string().min(1).max(longestTargetName),
});
export type Target = z.infer<typeof targetSchema>;

/** What the text of a canonical target is like, for schemas that are read elsewhere. */
export const targetIdPattern = `^[A-Za-z0-9_-]{1,63}/(${targetKinds.join('|')})/[\\s\\S]{1,${longestTargetName}}$`;

/** `<engine>/<kind>/<name>`: the text that leases, budgets and the audit are kept under. */
export function targetId(target: Target): string {
  return `${target.engine}/${target.kind}/${target.name}`;
}

/** The inverse of `targetId`; undefined when the text is no canonical target. */
export function parseTargetId(text: string): Target | undefined {
  const [engine, kind, ...name] = text.split('/');
  const parsed = targetSchema.safeParse({ engine, kind, name: name.join('/') });
  return parsed.success ? parsed.data : undefined;
}

/** The Compose service as a whole that a container of it belongs to; undefined for everything else. */
export function composeServiceOf({ engine, kind, name }: Target): Target | undefined {
  const [project, service, number] = name.split('/');
  return kind === 'compose' && number !== undefined
    ? { engine, kind, name: `${project}/${service}` }
    : undefined;
}

/** Is it a Compose service as a whole, and no single container? */
export function isComposeService({ kind, name }: Target): boolean {
  return kind === 'compose' && name.split('/').length === 2;
}

/** A canonical target together with what the engine knew of it when it was asked. */
export const resolvedTargetSchema = z.strictObject({
  target: targetSchema,
  container_id: z.string().nullable(),
  container_name: z.string(),
  protected_by: z.string().nullable(),
  bound: boundSchema.optional(),
  /** What its labels ask for beyond the settings; absent: nothing. */
  limits: limitsSchema.optional(),
});
export type ResolvedTarget = z.infer<typeof resolvedTargetSchema>;
