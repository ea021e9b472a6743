import { callRpc } from '#libs/bus/rpc';
import { shareInFlight } from '#libs/bus/share';
import { verifierVerbs } from '#libs/contracts/rpc';
import { rpcSubject } from '#libs/contracts/subjects';
import type { App, RouteParts } from '../app-type.ts';
import { problemResponses } from '../problems.ts';
import { noQuery } from '../query.ts';

// The verifier says within four seconds what it knows, and callers give up after five.
const patience = { timeoutMs: 4_700 };

/** The Action Server's look at the target. A target that cannot be reached is an answer, not an error. */
export function targetHealthRoutes(app: App, { link }: RouteParts): void {
  const { health } = verifierVerbs;
  const ask = shareInFlight(
    () => callRpc(link.open().context.bus, rpcSubject('verifier', 'health'), health, {}, patience),
    () => 'health',
  );
  app.get(
    '/api/v1/action/verify-target-health',
    {
      config: { scope: 'observe' },
      schema: {
        tags: ['actions'],
        operationId: 'verifyTargetHealth',
        summary: 'Is the target server healthy? Its status, database, pool, error rate and response time',
        description:
          'Looks at TARGET_SERVER_URL; callers within a second share one look. Answers within five seconds, with what is known by then. A target that cannot be reached answers 200 with `is_healthy: false`, `error` and `message`.',
        querystring: noQuery,
        response: { 200: health.reply, ...problemResponses },
      },
    },
    () => ask(undefined),
  );
}
