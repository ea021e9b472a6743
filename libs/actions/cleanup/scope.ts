import { z } from 'zod';
import { containerRefSchema, type Details } from '#libs/contracts/scalars';
import { composeLabels, type Labels } from '../labels.ts';

const projectSchema = z
  .string()
  .regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/, { error: 'is the name of a Compose project' });
const labelSchema = z
  .string()
  .regex(/^[^\s=]{1,100}(=[ -~]{0,100})?$/, { error: 'is a label as key or key=value' });
const volumeSchema = z
  .string()
  .regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,127}$/, { error: 'is the name of a volume' });

const ways = 'one of project, label and all: true';
/** The parameters that say where, one of which there has to be where no container says it. */
export const scopeNames = ['project', 'label', 'all'] as const;
const given = scopeNames.map((name) => ({ required: [name] }));

/** Of the three ways to say where, at most one; none where a container says it. */
export const cleanupParamsSchema = z
  .strictObject({
    project: projectSchema.optional().describe('Only what belongs to this Compose project.'),
    label: labelSchema.optional().describe('Only what carries this label: key, or key=value.'),
    all: z.literal(true).optional().describe('Everything on the engine. Never meant unless said.'),
    min_age_seconds: z
      .int()
      .min(0)
      .max(315_360_000)
      .default(3_600)
      .describe('Containers that ended, and images that were made, later than this stay.'),
    images: z.boolean().default(true).describe('Also images without a name that nothing uses.'),
    volumes: z
      .array(volumeSchema)
      .max(50)
      .default([])
      .describe('Volumes to remove, by their names, if nothing uses them. No others are ever removed.'),
    keep: z
      .array(containerRefSchema)
      .max(100)
      .default([])
      .describe('Containers that stay, by name, Compose service or id.'),
  })
  .refine(({ project, label, all }) => [project, label, all].filter((way) => way !== undefined).length <= 1, {
    error: `${ways} is enough`,
    path: ['project'],
  })
  .meta({ oneOf: [...given, { not: { anyOf: given } }] });
export type CleanupParams = z.output<typeof cleanupParamsSchema>;

export type Scope =
  | { readonly project: string; readonly label?: undefined; readonly all?: undefined }
  | { readonly label: string; readonly project?: undefined; readonly all?: undefined }
  | { readonly all: true; readonly project?: undefined; readonly label?: undefined };

/** Undefined when the parameters leave it to a container. */
export function scopeIn({
  project,
  label,
  all,
}: Pick<CleanupParams, 'project' | 'label' | 'all'>): Scope | undefined {
  if (project !== undefined) return { project };
  if (label !== undefined) return { label };
  return all ? { all } : undefined;
}

/** The name that is leased, `project/shop`. */
export function scopeName(scope: Scope): string {
  if (scope.project !== undefined) return `project/${scope.project}`;
  return scope.label === undefined ? 'all' : `label/${scope.label}`;
}

/** The inverse of `scopeName`. Throws on what is no such name. */
export function scopeNamed(name: string): Scope {
  if (name === 'all') return { all: true };
  const [kind, ...rest] = name.split('/');
  if (kind === 'project') return { project: rest.join('/') };
  if (kind === 'label') return { label: rest.join('/') };
  throw new RangeError(`"${name}" is no scope of a cleanup`);
}

/** In words, after a preposition. */
export function sayScope(scope: Scope): string {
  if (scope.project !== undefined) return `the Compose project ${scope.project}`;
  return scope.label === undefined ? 'the whole engine' : `what carries the label ${scope.label}`;
}

/** Does something with these labels belong to it? */
export function isInScope(labels: Labels, scope: Scope): boolean {
  if (scope.all) return true;
  if (scope.project !== undefined) return labels[composeLabels.project] === scope.project;
  const [key = '', ...value] = scope.label.split('=');
  return Object.hasOwn(labels, key) && (value.length === 0 || labels[key] === value.join('='));
}

/** The parameters as the action itself takes them. */
export function cleanupParams(params: Details): CleanupParams {
  return cleanupParamsSchema.parse(params);
}
