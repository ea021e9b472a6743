import { z } from 'zod';
import { outcomeSchema } from '#libs/contracts/facts';
import { planNameSchema, principalSchema } from '#libs/contracts/scalars';
import { summarySchema } from '../../answers/summary.ts';
import { states } from '../../answers/view.ts';
import { listRemediations } from '../../listing.ts';
import type { App, RouteParts } from '../app-type.ts';
import { cursorOf, cursorSchema } from '../cursor.ts';
import { fromNats } from '../from-nats.ts';
import { problemResponses } from '../problems.ts';
import { containerQuery, flagQuery, instantQuery, integerQuery } from '../query.ts';

const searchMs = 2_000;

const pageSchema = z.object({
  remediations: z.array(summarySchema),
  next: z.string().nullable().describe('The `cursor` of the next page; null when there is nothing older.'),
});

const wantedSchema = z.strictObject({
  container: containerQuery,
  action: planNameSchema.optional(),
  principal: principalSchema.optional(),
  state: z.enum(states).optional(),
  outcome: outcomeSchema.optional(),
  dry_run: flagQuery,
  door: z.enum(['http', 'nats']).optional(),
  since: instantQuery,
  until: instantQuery,
  limit: integerQuery(1, 200),
  cursor: cursorSchema.optional(),
});

export function listingRoute(app: App, { link }: RouteParts): void {
  app.get(
    '/api/v1/remediations',
    {
      config: { scope: 'observe' },
      schema: {
        tags: ['remediations'],
        operationId: 'listRemediations',
        summary: 'List remediations, newest first',
        description: `At most \`limit\` (50 unless told), and what can be found in ${searchMs / 1_000} s: a page may be short, even empty, and still have a \`next\`. What is asked for meanwhile is on no later page.`,
        querystring: wantedSchema,
        response: { 200: pageSchema, ...problemResponses },
      },
    },
    async (request, reply) => {
      const { limit = 50, cursor: before, ...wanted } = request.query;
      const bounds = { limit, before, searchMs, signal: request.signal };
      const { remediations, next } = await fromNats(
        listRemediations(link.open().context.bus, wanted, bounds),
      );
      const cursor = next === undefined ? null : cursorOf(next);
      if (cursor !== null) reply.header('link', `<${nextUrl(request.url, cursor)}>; rel="next"`);
      return { remediations: [...remediations], next: cursor };
    },
  );
}

function nextUrl(url: string, cursor: string): string {
  const [path, query = ''] = url.split('?', 2);
  const parameters = new URLSearchParams(query);
  parameters.set('cursor', cursor);
  return `${path}?${parameters}`;
}
