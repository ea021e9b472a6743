import { z } from 'zod';
import { type Ask, askSchema } from '#libs/contracts/facts';
import { overridableGates } from '#libs/contracts/gates';
import { fingerprintOf } from '#libs/contracts/json';
import { parseOrProblem } from '#libs/contracts/parse';
import { type FieldError, invalidField } from '#libs/contracts/problem';
import { type Details, detailsSchema, engineSchema } from '#libs/contracts/scalars';
import { runbookNamed, runbooks } from '#libs/runbooks/catalogue';
import { wishForm } from './wish-form.ts';

/** A request as a door hands it over: parsed, and nothing asked of anybody yet. */
export type Asking = {
  readonly id: string;
  readonly door: 'http' | 'nats';
  readonly principal: string;
  /** Without a container where the settings say whom the action is about. */
  readonly ask: Omit<Ask, 'container'> & { readonly container?: string | undefined };
  /** The engine that the caller named. */
  readonly engine: string | undefined;
  readonly receivedAtMs: number;
  /** Why it could not be taken up before now. */
  readonly waitedFor?: string | undefined;
  /** Why nobody can do it; its `ask` is then what could be read of it. */
  readonly invalid?: Invalid | undefined;
};

export type Invalid = { readonly message: string; readonly errors: readonly FieldError[] };

const names = runbooks.map((runbook) => runbook.name);

/** The actions and runbooks there are. */
export const actionNameSchema = z.enum(names, {
  error: ({ input }) =>
    typeof input === 'string'
      ? `${JSON.stringify(input.slice(0, 64))} is no action; there are: ${names.join(', ')}`
      : `is the name of an action: ${names.join(', ')}`,
});

const membersSchema = z.strictObject({
  container: askSchema.shape.container
    .optional()
    .describe('A name or id of the container. Goes without for actions that are about something else.'),
  action: actionNameSchema,
  engine: engineSchema.optional(),
  params: detailsSchema.optional(),
  command: z
    .union([z.string().max(4096), z.array(z.string().max(4096)).max(64)])
    .optional()
    .describe('The same as `params.command`, where HemoStat has it.'),
  reason: askSchema.shape.reason,
  confidence: askSchema.shape.confidence,
  metrics: askSchema.shape.metrics,
  analysis_method: askSchema.shape.analysis_method,
  dry_run: z.boolean().optional(),
  override: z
    .array(z.enum(overridableGates))
    .min(1)
    .max(overridableGates.length)
    .refine((named) => new Set(named).size === named.length, { error: 'names a gate twice' })
    .meta({ uniqueItems: true })
    .optional()
    .describe('Break glass: gates that shall not stand in the way. Needs the scope admin, and a reason.'),
});

/** What both doors accept. */
export const wishSchema = membersSchema
  .refine((wish) => containerTrouble(wish) === undefined, {
    path: ['container'],
    error: ({ input }) => containerTrouble(input),
    // Also when something else is wrong: all of it is told at once.
    when: ({ value }) => typeof value === 'object' && value !== null,
  })
  .meta(wishForm(runbooks));
export type Wish = z.output<typeof wishSchema>;

const namesSchema = z.object({ action: z.string(), container: z.unknown().optional() });

function containerTrouble(wish: unknown): string | undefined {
  const read = namesSchema.safeParse(wish);
  const runbook = read.success ? runbookNamed(read.data.action) : undefined;
  if (!read.success || !runbook) return undefined;
  const given = read.data.container !== undefined;
  if (runbook.container === 'optional') return undefined;
  if (runbook.container === 'named') return given ? undefined : 'is missing';
  return given ? `goes without: the settings say what ${runbook.name} is about` : undefined;
}

/** What a wish comes to. Throws `invalid_request` that names what the action does not take. */
export function askOf(wish: Wish): Pick<Asking, 'ask' | 'engine'> {
  const { engine, params, command, dry_run: dryRun, ...rest } = wish;
  const runbook = runbookNamed(rest.action);
  const given = parseOrProblem(
    runbook?.params ?? detailsSchema,
    withCommand(params ?? {}, command),
    'The request',
    'params',
  );
  const lacking = rest.container === undefined ? runbook?.lacking?.(given) : undefined;
  if (lacking !== undefined) throw invalidField('container', lacking);
  return { ask: { ...rest, params: given, dry_run: dryRun ?? false }, engine };
}

function withCommand(params: Details, command: Wish['command']): Details {
  if (command === undefined) return params;
  if (!('command' in params)) return { ...params, command };
  throw invalidField('command', 'is given twice, in params, too');
}

/** The same for a retry, another for another request under the same key. Settings of the mesh have no part in it. */
export function fingerprintOfAsking({ ask, engine }: Pick<Asking, 'ask' | 'engine'>): string {
  return fingerprintOf({ ...ask, engine });
}
