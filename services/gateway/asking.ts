import { z } from 'zod';
import { actionNamed } from '#libs/actions/catalogue';
import { type Ask, askSchema } from '#libs/contracts/facts';
import { fingerprintOf } from '#libs/contracts/json';
import { parseOrProblem } from '#libs/contracts/parse';
import { detailsSchema, engineSchema } from '#libs/contracts/scalars';
import { runbooks } from '#libs/runbooks/catalogue';

/** A request as a door hands it over: parsed, and nothing asked of anybody yet. */
export type Asking = {
  readonly id: string;
  readonly door: 'http' | 'nats';
  readonly principal: string;
  readonly ask: Ask;
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
  container: askSchema.shape.container,
  action: actionNameSchema,
  engine: engineSchema.optional(),
  params: detailsSchema.optional(),
  reason: askSchema.shape.reason,
  confidence: askSchema.shape.confidence,
  metrics: askSchema.shape.metrics,
  analysis_method: askSchema.shape.analysis_method,
  dry_run: z.boolean().optional(),
});
export type Wish = z.output<typeof wishSchema>;

/** The ask that a wish comes to. Throws `invalid_request` that names what the action does not take. */
export function askOf(wish: Wish): { readonly ask: Ask; readonly engine: string | undefined } {
  const { engine, params, dry_run: dryRun, ...rest } = wish;
  const ask = { ...rest, params: paramsFor(rest.action, params ?? {}), dry_run: dryRun ?? false };
  return { ask, engine };
}

function paramsFor(action: string, params: z.output<typeof detailsSchema>): z.output<typeof detailsSchema> {
  const schema = actionNamed(action)?.params ?? detailsSchema;
  return parseOrProblem(schema, params, 'The request', 'params');
}

/** The same for a retry, another for another request under the same key. Settings of the mesh have no part in it. */
export function fingerprintOfAsking({ ask, engine }: Pick<Asking, 'ask' | 'engine'>): string {
  return fingerprintOf({ ...ask, engine });
}
