/**
 * Guarantee: an open stream is let go of, with all that it holds, as soon as its caller has left or the gateway stops.
 */
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { Bus } from '#libs/bus/bus';
import { readFact } from '#libs/bus/fact';
import { followFacts, sequenceOfEnd } from '#libs/bus/follow';
import { lastSequence } from '#libs/bus/scan';
import { type Requested, requestedSchema } from '#libs/contracts/facts';
import { Problem } from '#libs/contracts/problem';
import { remediationIdSchema } from '#libs/contracts/scalars';
import { factsOf, requestedSubject } from '#libs/contracts/subjects';
import { eventBody } from '../../answers/event.ts';
import { boundedSignal } from '../../bounded-signal.ts';
import type { App, RouteParts } from '../app-type.ts';
import { eventStreamText, type ServerSentEvent } from '../event-stream.ts';
import { fromNats } from '../from-nats.ts';
import { problemResponses } from '../problems.ts';
import { noQuery } from '../query.ts';
import { noSuchRemediation } from './remediations.ts';

const mostOpen = 256;

const resumingHeadersSchema = z.looseObject({
  'last-event-id': z
    .string()
    .regex(/^\d{1,15}$/, { error: 'is the id of an event that was received before: a whole number' })
    .transform(Number)
    .optional()
    .describe('The id of the last event that was received: only what came after it is sent.'),
});

const textStreamSchema: z.ZodType<string | Readable> = z.string();

export function eventRoutes(app: App, parts: RouteParts): void {
  let open = 0;
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
          200: {
            description: 'The events',
            content: { 'text/event-stream': { schema: textStreamSchema } },
          },
          204: z.null().describe('It has ended, and nothing came after that event'),
          ...problemResponses,
        },
      },
    },
    async (request, reply) => {
      if (open >= mostOpen) throw tooMany();
      open += 1;
      using seat = new DisposableStack();
      seat.defer(() => {
        open -= 1;
      });
      const { bus } = parts.link.open().context;
      const from = await fromNats(startOf(bus, request.params.id, request.headers['last-event-id']));
      if (from === 'ended') return reply.status(204).send(null);
      const stream = Readable.from(eventStreamText(eventsFrom(parts, bus, from, reply), parts.clock));
      const taken = seat.move();
      stream.once('close', () => taken.dispose());
      return reply
        .type('text/event-stream; charset=utf-8')
        .headers({ 'cache-control': 'no-store', 'x-accel-buffering': 'no', connection: 'close' })
        .send(stream);
    },
  );
}

type Start = { readonly requested: Requested; readonly after: number };

async function startOf(bus: Bus, id: string, lastEventId: number | undefined): Promise<Start | 'ended'> {
  const requested = await readFact(bus, requestedSubject(id), requestedSchema);
  if (!requested) throw noSuchRemediation();
  if (lastEventId === undefined) return { requested: requested.body, after: 0 };
  const end = await sequenceOfEnd(bus, requested.body);
  if (end !== undefined && end <= lastEventId) return 'ended';
  // A number that was never given out must not hide what is still to come.
  const after = Math.min(lastEventId, await lastSequence(bus, factsOf(id)));
  return { requested: requested.body, after };
}

async function* eventsFrom(
  { closing, log }: RouteParts,
  bus: Bus,
  { requested, after }: Start,
  reply: FastifyReply,
): AsyncGenerator<ServerSentEvent, void> {
  using bounded = boundedSignal([closing, leftBy(reply)]);
  try {
    for await (const fact of followFacts(bus, requested.remediation_id, after, bounded.signal)) {
      yield { id: fact.sequence, event: fact.body.type, data: eventBody(requested, fact.body) };
    }
  } catch (error) {
    log.error({ err: error }, 'a stream of events broke');
  }
}

/** Aborts when the caller has left. */
function leftBy(reply: FastifyReply): AbortSignal {
  const left = new AbortController();
  if (reply.raw.closed || reply.raw.destroyed) left.abort();
  else reply.raw.once('close', () => left.abort());
  return left.signal;
}

function tooMany(): Problem {
  return new Problem(
    'too_many_streams',
    `This gateway has ${mostOpen} event streams open, which is as many as it keeps. Try again later, or read /api/v1/remediations/{id} now and then.`,
  );
}
