import { z } from 'zod';
import { callRpc } from '#libs/bus/rpc';
import { executorVerbs } from '#libs/contracts/rpc';
import { engineSchema } from '#libs/contracts/scalars';
import { executorRpcSubject } from '#libs/contracts/subjects';
import { wantKnownEngine } from '../../resolver.ts';
import type { App, RouteParts } from '../app-type.ts';
import { problemResponses } from '../problems.ts';

export function targetRoutes(app: App, { link, settings }: RouteParts): void {
  const { targets } = executorVerbs;
  app.get(
    '/api/v1/targets',
    {
      config: { scope: 'observe' },
      schema: {
        tags: ['targets'],
        operationId: 'listTargets',
        summary: 'Every container that can be asked for, as its engine knows it',
        querystring: z.strictObject({ engine: engineSchema.optional() }),
        response: { 200: targets.reply, ...problemResponses },
      },
    },
    async (request) => {
      const { bus } = link.open().context;
      const { engine } = request.query;
      await wantKnownEngine(bus, engine, 'query.engine');
      const subject = executorRpcSubject(engine ?? settings.HEMOSTAT_ENGINE, 'targets');
      return callRpc(bus, subject, targets, {}, { timeoutMs: 5_000 });
    },
  );
}
