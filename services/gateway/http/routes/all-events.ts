import { z } from 'zod';
import type { Bus } from '#libs/bus/bus';
import { readFact } from '#libs/bus/fact';
import { followAllFacts, lastFact } from '#libs/bus/follow';
import { type Fact, type Requested, requestedSchema } from '#libs/contracts/facts';
import { requestedSubject } from '#libs/contracts/subjects';
import { eventBody } from '../../answers/event.ts';
import { namesOf } from '../../listing.ts';
import type { App, RouteParts } from '../app-type.ts';
import { identityOf } from '../authenticate.ts';
import type { ServerSentEvent } from '../event-stream.ts';
import { fromNats } from '../from-nats.ts';
import { eventStreamResponse, type LiveEvents, resumingHeadersSchema } from '../live-events.ts';
import { problemResponses } from '../problems.ts';
import { containerQuery } from '../query.ts';

// A remediation has few facts, and they come close together.
const requestsKept = 1_000;

export function allEventsRoute(app: App, parts: RouteParts, live: LiveEvents): void {
  app.get(
    '/api/v1/events',
    {
      config: { scope: 'observe' },
      exposeHeadRoute: false,
      schema: {
        tags: ['remediations'],
        operationId: 'followRemediations',
        summary: 'Every fact of every remediation from now on, as server-sent events',
        description:
          'Never ends by itself. The events are those of one remediation, and `asked` in their `data` says what they belong to: container, action, principal and dry_run. Resumable by `Last-Event-ID` for as long as facts are kept.',
        querystring: z.strictObject({ container: containerQuery }),
        headers: resumingHeadersSchema,
        response: { 200: eventStreamResponse, ...problemResponses },
      },
    },
    async (request, reply) => {
      using seat = live.takeSeat(identityOf(request).principal);
      const { bus } = parts.link.open().context;
      const last = await fromNats(lastFact(bus));
      // A number that was never given out must not hide what is still to come.
      const from = Math.min(request.headers['last-event-id'] ?? last, last);
      const events = (signal: AbortSignal) => allEventsFrom(bus, from, request.query.container, signal);
      return reply.send(seat.stream(reply, { events, from }));
    },
  );
}

async function* allEventsFrom(
  bus: Bus,
  after: number,
  container: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<ServerSentEvent, void> {
  const requestOf = rememberRequests(bus);
  for await (const { body, sequence } of followAllFacts(bus, after, signal)) {
    const requested = await requestOf(body);
    // What is older than the stream keeps cannot be told of.
    if (!requested || (container !== undefined && !namesOf(requested).includes(container))) continue;
    yield {
      id: sequence,
      event: body.type,
      data: { ...eventBody(requested, body), asked: askedOf(requested) },
    };
  }
}

function askedOf({ ask, principal }: Requested): object {
  const { container, action, dry_run } = ask;
  return { container, action, principal, dry_run };
}

function rememberRequests(bus: Bus): (fact: Fact) => Promise<Requested | undefined> {
  const known = new Map<string, Requested>();
  return async (fact) => {
    const { remediation_id: id } = fact;
    const requested = fact.type === 'requested' ? fact : (known.get(id) ?? (await readRequest(bus, id)));
    if (requested) known.set(id, requested);
    const [eldest] = known.keys();
    if (known.size > requestsKept && eldest !== undefined) known.delete(eldest);
    return requested;
  };
}

async function readRequest(bus: Bus, id: string): Promise<Requested | undefined> {
  return (await readFact(bus, requestedSubject(id), requestedSchema))?.body;
}
