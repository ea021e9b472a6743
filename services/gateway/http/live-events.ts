/**
 * Guarantee: an open stream is let go of, with all that it holds, as soon as its caller has left, has not taken for
 * a minute what was written for it, or the gateway stops.
 */
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Problem } from '#libs/contracts/problem';
import { boundedSignal } from '../bounded-signal.ts';
import type { RouteParts } from './app-type.ts';
import { eventStreamText, type ServerSentEvent } from './event-stream.ts';
import { leftBy } from './left-by.ts';
import { takenInTime } from './taken-in-time.ts';

export const resumingHeadersSchema = z.looseObject({
  'last-event-id': z
    .string()
    .regex(/^\d{1,15}$/, { error: 'is the id of an event that was received before: a whole number' })
    .transform(Number)
    .optional()
    .describe('The id of the last event that was received: only what came after it is sent.'),
});

const textStreamSchema: z.ZodType<string | Readable> = z.string();

/** The answer 200 of every route that streams. */
export const eventStreamResponse = {
  description: 'The events',
  content: { 'text/event-stream': { schema: textStreamSchema } },
} as const;

/** What a route has to say. `from`: where a caller stands that has received nothing yet. */
export type Telling = {
  readonly events: (signal: AbortSignal) => AsyncGenerator<ServerSentEvent, void>;
  readonly from?: number;
};

/** One of the streams that a gateway can have open; free again when it is disposed, or when its stream has closed. */
export interface Seat extends Disposable {
  /** Sets the headers of the answer, too. */
  stream(reply: FastifyReply, telling: Telling): Readable;
}

/** The seats of one gateway, whichever route they belong to. */
export interface LiveEvents {
  /** Throws when all are taken, or all that one principal may have. */
  takeSeat(principal: string): Seat;
}

const mostOpen = 256;
export const mostOfOnePrincipal = 64;
/** How long a caller may leave lying what was written for it. */
export const takesWithinMs = 60_000;

export function liveEvents({
  closing,
  clock,
  log,
}: Pick<RouteParts, 'closing' | 'clock' | 'log'>): LiveEvents {
  const openOf = new Map<string, number>();
  const count = (principal: string, by: 1 | -1): void => {
    const open = (openOf.get(principal) ?? 0) + by;
    if (open > 0) openOf.set(principal, open);
    else openOf.delete(principal);
  };
  const refusal = (principal: string): Problem | undefined => {
    if ((openOf.get(principal) ?? 0) >= mostOfOnePrincipal) return tooManyOf(principal);
    const open = openOf.values().reduce((sum, each) => sum + each, 0);
    return open >= mostOpen ? tooMany() : undefined;
  };
  async function* until(reply: FastifyReply, { events }: Telling): AsyncGenerator<ServerSentEvent, void> {
    using bounded = boundedSignal([closing, leftBy(reply)]);
    try {
      yield* events(bounded.signal);
    } catch (error) {
      log.error({ err: error }, 'a stream of events broke');
    }
  }
  return {
    takeSeat: (principal) => {
      const refused = refusal(principal);
      if (refused) throw refused;
      count(principal, 1);
      let streams = false;
      return {
        [Symbol.dispose]: () => {
          if (!streams) count(principal, -1);
        },
        stream: (reply, telling) => {
          const drop = (): void => {
            log.warn(
              { principal },
              'a stream of events was dropped: for a minute its caller did not take what was written for it; it can go on with Last-Event-ID',
            );
            reply.raw.destroy();
          };
          const text = eventStreamText(until(reply, telling), clock, telling.from);
          const stream = Readable.from(takenInTime(text, clock, takesWithinMs, drop));
          streams = true;
          stream.once('close', () => {
            count(principal, -1);
          });
          reply
            .type('text/event-stream; charset=utf-8')
            .headers({ 'cache-control': 'no-store', 'x-accel-buffering': 'no', connection: 'close' });
          return stream;
        },
      };
    },
  };
}

const otherwise = 'or read /api/v1/remediations/{id} now and then.';

function tooManyOf(principal: string): Problem {
  return new Problem(
    'too_many_streams',
    `The principal ${principal} has ${mostOfOnePrincipal} event streams open at this gateway, which is as many as one principal may have; other principals are served. Close some of them, ${otherwise}`,
  );
}

function tooMany(): Problem {
  return new Problem(
    'too_many_streams',
    `This gateway has ${mostOpen} event streams open for all principals together, which is as many as it keeps. Try again later, ${otherwise}`,
  );
}
