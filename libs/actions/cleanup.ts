/**
 * Guarantee: only what the stored intent lists is ever removed, each by its id in one call without force. Whoever
 * comes after a crash only looks which of it is gone.
 */
import { z } from 'zod';
import type { EngineAction, Observation } from './action.ts';
import { boundBy, chooseFor } from './cleanup/choice.ts';
import { callFor, commandFor, listingSchema, pathOf } from './cleanup/listing.ts';
import { readEach } from './cleanup/read-each.ts';
import { removeEach } from './cleanup/remove-each.ts';
import {
  cleanupParams,
  cleanupParamsSchema,
  sayScope,
  scopeIn,
  scopeName,
  scopeNamed,
  scopeNames,
} from './cleanup/scope.ts';
import { surveyCleanup } from './cleanup/survey.ts';
import { type Fate, sayBytes, sayItems, tally } from './cleanup/tally.ts';
import { notApplicable } from './not-applicable.ts';

const settleSeconds = 20;

const evidenceSchema = listingSchema.extend({ where: z.string() });

/** Removes stopped containers and unnamed images of one scope, and volumes that are named one by one. */
export const cleanup: EngineAction = {
  on: 'engine',
  kind: 'cleanup',
  name: 'cleanup',
  summary:
    'Remove stopped containers and unnamed images of one Compose project, one label or (when asked) all of an engine; volumes only by name.',
  params: cleanupParamsSchema,
  risk: 'high',
  reversible: false,
  diagnostic: false,
  undoes: false,

  concerns(params) {
    const scope = scopeIn(cleanupParams(params));
    return scope && scopeName(scope);
  },
  insteadOfContainer: scopeNames,
  lacking:
    'is missing: name a container of a Compose project, or in params one of project, label and all: true',

  aimed: (params, { target, container_id }) => ({
    ...params,
    ...scopeNamed(target.name),
    keep: [...cleanupParams(params).keep, ...(container_id === null ? [] : [container_id])],
  }),

  async bind(sight, params) {
    const given = cleanupParams(params);
    const scope = scopeIn(given);
    return scope ? boundBy(await chooseFor(sight, scope, given)) : { containers: [] };
  },

  async survey(sight, params, bound) {
    const given = cleanupParams(params);
    const scope = scopeIn(given);
    return scope ? surveyCleanup(sight, scope, given, bound) : {};
  },

  prepare(params, surveyed) {
    const scope = scopeIn(cleanupParams(params));
    if (!scope) return notApplicable(`cleanup has no scope: ${this.lacking}`);
    const listing = listingSchema.parse(surveyed);
    const { items, kept, more } = listing;
    const where = sayScope(scope);
    return {
      kind: 'ready',
      command: items.length === 0 ? `nothing: nothing to clean up in ${where}` : commandFor(items),
      calls: items.map(callFor),
      notes: [
        `removes ${sayItems(items)} of ${where}: ${sayBytes(items)}`,
        'what containers wrote is lost; their volumes stay, and so does what runs',
        ...kept.map(({ kind, name, why }) => `the ${kind} ${name} stays: ${why}`),
        ...(more > 0 ? [`${more} more are left for another run`] : []),
      ],
      estimated_downtime_seconds: 0,
      evidence: { ...listing, where },
      expected: tally(
        items.map((item) => ({ item, status: 'removed' })),
        listing,
      ),
      settle_seconds: settleSeconds,
    };
  },

  async run({ engine }, { evidence }, signal) {
    const { where, ...listing } = evidenceSchema.parse(evidence);
    const fates = await removeEach(engine, listing.items, signal);
    const status = listing.items.length === 0 ? 'skipped' : 'success';
    return { status, result: { details: said(fates, where), ...tally(fates, listing) } };
  },

  async observe(reader, evidence): Promise<Observation> {
    const { where, ...listing } = evidenceSchema.parse(evidence);
    const fates = await readEach(listing.items, async (item): Promise<Fate> => {
      const gone = (await reader.read(pathOf(item))) === undefined;
      return gone ? { item, status: 'removed' } : { item, status: 'not_removed', why: 'it is still there' };
    });
    const result = { details: said(fates, where), ...tally(fates, listing) };
    const all = fates.every(({ status }) => status === 'removed');
    return all ? { kind: 'happened', result } : { kind: 'half_done', message: result.details, result };
  },
};

function said(fates: readonly Fate[], where: string): string {
  if (fates.length === 0) return `Nothing to clean up in ${where}`;
  const removed = fates.filter(({ status }) => status === 'removed').map(({ item }) => item);
  const left = fates.filter(({ status }) => status === 'not_removed').length;
  const rest = left === 0 ? '' : `; ${left} could not be removed`;
  return `Removed ${sayItems(removed)} of ${where}: ${sayBytes(removed)}${rest}`;
}
