/**
 * Guarantee: an open stream is let go of, with all that it holds, as soon as its caller has left or the gateway stops.
 */
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Problem } from '#libs/contracts/problem';
import { boundedSignal } from '../bounded-signal.ts';
import type { RouteParts } from './app-type.ts';
import { eventStreamText, type ServerSentEvent } from './event-stream.ts';
import { leftBy } from './left-by.ts';

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
  /** Throws when all are taken. */
  takeSeat(): Seat;
}

const mostOpen = 256;

export function liveEvents({ closing, clock, log }: RouteParts): LiveEvents {
  let open = 0;
  async function* until(reply: FastifyReply, { events }: Telling): AsyncGenerator<ServerSentEvent, void> {
    using bounded = boundedSignal([closing, leftBy(reply)]);
    try {
      yield* events(bounded.signal);
    } catch (error) {
      log.error({ err: error }, 'a stream of events broke');
    }
  }
  return {
    takeSeat: () => {
      if (open >= mostOpen) throw tooMany();
      open += 1;
      let streams = false;
      return {
        [Symbol.dispose]: () => {
          if (!streams) open -= 1;
        },
        stream: (reply, telling) => {
          const stream = Readable.from(eventStreamText(until(reply, telling), clock, telling.from));
          streams = true;
          stream.once('close', () => {
            open -= 1;
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

function tooMany(): Problem {
  return new Problem(
    'too_many_streams',
    `This gateway has ${mostOpen} event streams open, which is as many as it keeps. Try again later, or read /api/v1/remediations/{id} now and then.`,
  );
}
