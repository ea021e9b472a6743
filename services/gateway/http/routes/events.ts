import { z } from 'zod';
import type { Bus } from '#libs/bus/bus';
import { readFact } from '#libs/bus/fact';
import { followFacts, sequenceOfEnd } from '#libs/bus/follow';
import { lastSequence } from '#libs/bus/scan';
import { type Requested, requestedSchema } from '#libs/contracts/facts';
import { remediationIdSchema } from '#libs/contracts/scalars';
import { factsOf, requestedSubject } from '#libs/contracts/subjects';
import { eventBody } from '../../answers/event.ts';
import type { App, RouteParts } from '../app-type.ts';
import { identityOf } from '../authenticate.ts';
import type { ServerSentEvent } from '../event-stream.ts';
import { fromNats } from '../from-nats.ts';
import { eventStreamResponse, type LiveEvents, resumingHeadersSchema } from '../live-events.ts';
import { problemResponses } from '../problems.ts';
import { noQuery } from '../query.ts';
import { noSuchRemediation } from './remediations.ts';

export function eventRoutes(app: App, parts: RouteParts, live: LiveEvents): void {
  app.get(
    '/api/v1/remediations/:id/events',
    {
      config: { scope: 'observe' },
      exposeHeadRoute: false,
      schema: {
        tags: ['remediations'],
        operationId: 'followRemediation',
        summary: 'Every fact of a remediation as it happens, as server-sent events',
        description:
          'Begins with what stands and ends after the terminal fact. `id` is the place of the fact in the stream, `event` its type: `requested`, `decided`, `started`, `executed`, `verified`, `finished` or `complete`; `data` is the fact as JSON, with a `message` in words. Resumable by `Last-Event-ID`; 204 when nothing will come after it any more, so that an EventSource comes to rest.',
        querystring: noQuery,
        params: z.strictObject({ id: remediationIdSchema }),
        headers: resumingHeadersSchema,
        response: {
          200: eventStreamResponse,
          204: z.null().describe('It has ended, and nothing came after that event'),
          ...problemResponses,
        },
      },
    },
    async (request, reply) => {
      using seat = live.takeSeat(identityOf(request).principal);
      const { bus } = parts.link.open().context;
      const from = await fromNats(startOf(bus, request.params.id, request.headers['last-event-id']));
      if (!from) return reply.status(204).send(null);
      return reply.send(seat.stream(reply, { events: (signal) => eventsFrom(bus, from, signal) }));
    },
  );
}

type Start = { readonly requested: Requested; readonly after: number };

/** Undefined when it has ended and the caller knows it. */
async function startOf(bus: Bus, id: string, lastEventId: number | undefined): Promise<Start | undefined> {
  const requested = await readFact(bus, requestedSubject(id), requestedSchema);
  if (!requested) throw noSuchRemediation();
  if (lastEventId === undefined) return { requested: requested.body, after: 0 };
  const end = await sequenceOfEnd(bus, requested.body);
  if (end !== undefined && end <= lastEventId) return undefined;
  // A number that was never given out must not hide what is still to come.
  const after = Math.min(lastEventId, await lastSequence(bus, factsOf(id)));
  return { requested: requested.body, after };
}

async function* eventsFrom(
  bus: Bus,
  { requested, after }: Start,
  signal: AbortSignal,
): AsyncGenerator<ServerSentEvent, void> {
  for await (const fact of followFacts(bus, requested.remediation_id, after, signal)) {
    yield { id: fact.sequence, event: fact.body.type, data: eventBody(requested, fact.body) };
  }
}
