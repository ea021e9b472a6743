import { callRpc } from '#libs/bus/rpc';
import { safetyVerbs } from '#libs/contracts/rpc';
import { rpcSubject } from '#libs/contracts/subjects';
import type { App, RouteParts } from '../app-type.ts';
import { problemResponses } from '../problems.ts';
import { integerQuery, noQuery } from '../query.ts';

const tags = ['safety'];
const { replay, rebuild } = safetyVerbs;
// A week of facts takes seconds, and one such question waits for another.
const patience = { timeoutMs: 60_000 };

/** What the recorded facts say of decisions: neither changes anything. */
export function replayRoutes(app: App, { link }: RouteParts): void {
  const bus = () => link.open().context.bus;

  app.post(
    '/api/v1/replay',
    {
      config: { scope: 'observe' },
      schema: {
        tags,
        operationId: 'replay',
        summary: 'What would have been decided on recorded requests under another policy',
        querystring: noQuery,
        body: replay.request,
        response: { 200: replay.reply, ...problemResponses },
      },
    },
    (request) => callRpc(bus(), rpcSubject('safety', 'replay'), replay, request.body, patience),
  );

  app.get(
    '/api/v1/safety/rebuild',
    {
      config: { scope: 'observe' },
      schema: {
        tags,
        operationId: 'rebuildSafety',
        summary: 'Compare cooldowns, breakers and switches with what the facts say they must be',
        querystring: rebuild.request.extend({ limit: integerQuery(1, 500) }),
        response: { 200: rebuild.reply, ...problemResponses },
      },
    },
    (request) => callRpc(bus(), rpcSubject('safety', 'rebuild'), rebuild, request.query, patience),
  );
}
