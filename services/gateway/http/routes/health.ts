import { z } from 'zod';
import { createMeshHealth } from '../../mesh-health.ts';
import type { App, RouteParts } from '../app-type.ts';
import { problemResponses } from '../problems.ts';
import { noQuery } from '../query.ts';

const partSchema = z.union([
  z.object({ ok: z.literal(true) }),
  z.object({ ok: z.literal(false), cause: z.string(), remedy: z.string() }),
]);
const healthSchema = z.object({
  status: z.enum(['ok', 'degraded', 'unavailable']),
  parts: z.record(z.string(), partSchema),
});

/** Never cached, never asks for a token. */
export function healthRoutes(app: App, { link, settings, clock }: RouteParts): void {
  const meshHealth = createMeshHealth(link, settings.HEMOSTAT_ENGINE, clock);
  const options = (operationId: string, summary: string) => ({
    config: { scope: 'open' as const },
    schema: {
      tags: ['health'],
      operationId,
      summary,
      querystring: noQuery,
      response: { ...problemResponses, 200: healthSchema, 503: healthSchema },
    },
  });

  app.get(
    '/health',
    options('meshHealth', 'Can the mesh heal now? Every part, with cause and remedy'),
    async (_, reply) => {
      const health = await meshHealth();
      return reply
        .status(health.status === 'unavailable' ? 503 : 200)
        .header('cache-control', 'no-store')
        .send(health);
    },
  );

  app.get('/health/ready', options('gatewayReady', 'Does the gateway take requests?'), async (_, reply) => {
    const nats = link.nats();
    return reply
      .status(nats.ok ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({ status: nats.ok ? 'ok' : 'unavailable', parts: { nats } });
  });

  app.get('/health/live', options('gatewayLive', 'Does the gateway run?'), async (_, reply) =>
    reply.header('cache-control', 'no-store').send({ status: 'ok', parts: { gateway: { ok: true } } }),
  );
}
