import { z } from 'zod';
import { type Ask, askSchema } from '#libs/contracts/facts';
import { overridableGates } from '#libs/contracts/gates';
import { fingerprintOf } from '#libs/contracts/json';
import { parseOrProblem } from '#libs/contracts/parse';
import { Problem } from '#libs/contracts/problem';
import { detailsSchema, engineSchema } from '#libs/contracts/scalars';
import { runbookNamed, runbooks } from '#libs/runbooks/catalogue';
import type { Runbook } from '#libs/runbooks/runbook';

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
};

const names = runbooks.map((runbook) => runbook.name);

/** The actions and runbooks there are. */
export const actionNameSchema = z.enum(names, {
  error: ({ input }) =>
    typeof input === 'string'
      ? `${JSON.stringify(input.slice(0, 64))} is no action; there are: ${names.join(', ')}`
      : `is the name of an action: ${names.join(', ')}`,
});

/** What both doors accept. */
export const wishSchema = z.strictObject({
  container: askSchema.shape.container
    .optional()
    .describe('A name or id of the container. Goes without for actions that are about something else.'),
  action: actionNameSchema,
  engine: engineSchema.optional(),
  params: detailsSchema.optional(),
  reason: askSchema.shape.reason,
  confidence: askSchema.shape.confidence,
  metrics: askSchema.shape.metrics,
  analysis_method: askSchema.shape.analysis_method,
  dry_run: z.boolean().optional(),
  override: z
    .array(z.enum(overridableGates))
    .min(1)
    .max(overridableGates.length)
    .optional()
    .describe('Break glass: gates that shall not stand in the way. Needs the scope admin, and a reason.'),
});
export type Wish = z.output<typeof wishSchema>;

/**
 * What a wish comes to. Throws `invalid_request` that names what the action does not take, or what it lacks.
 */
export function askOf(wish: Wish): Pick<Asking, 'ask' | 'engine'> {
  const { engine, params, dry_run: dryRun, ...rest } = wish;
  const runbook = runbookNamed(rest.action);
  if (runbook) checkContainer(runbook, wish.container);
  const given = parseOrProblem(runbook?.params ?? detailsSchema, params ?? {}, 'The request', 'params');
  return { ask: { ...rest, params: given, dry_run: dryRun ?? false }, engine };
}

function checkContainer({ name, container: wanted }: Runbook, given: string | undefined): void {
  if (wanted === 'named' ? given !== undefined : given === undefined) return;
  const message =
    wanted === 'named' ? 'is missing' : `goes without a container: the settings say what ${name} is about`;
  throw new Problem('invalid_request', `The request is not valid. container: ${message}`, {
    errors: [{ field: 'container', message }],
  });
}

/** The same for a retry, another for another request under the same key. Settings of the mesh have no part in it. */
export function fingerprintOfAsking({ ask, engine }: Pick<Asking, 'ask' | 'engine'>): string {
  return fingerprintOf({ ...ask, engine });
}
