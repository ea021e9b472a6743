import type { z } from 'zod';
import { parseJson } from '#libs/contracts/json';
import { inSpan } from '#libs/runtime/tracing';
import type { Bus } from './bus.ts';
import { attributesOf, templateOf } from './fact.ts';
import { tracedHeaders } from './headers.ts';
import { storeMessage } from './store-message.ts';

/** Tells live subscribers and the stream that has the subject; resolves when that one stored it, and stores an id once in two minutes. */
export function announce(bus: Bus, subject: string, body: unknown, messageId?: string): Promise<void> {
  return inSpan(
    bus.tracer,
    `publish ${templateOf(subject)}`,
    { kind: 'producer', attributes: attributesOf(subject) },
    () => publishStored(bus, subject, body, messageId),
  );
}

/**
 * Listens for as long as it is not disposed. What is heard is a hint only: a publish that the stream then refuses
 * as a duplicate is heard all the same, so read the stored fact before believing it.
 */
export function listen(bus: Bus, subject: string, onSubject: (subject: string) => void): Disposable {
  const subscription = bus.nc.subscribe(subject, {
    callback: (error, message) => {
      if (!error) onSubject(message.subject);
    },
  });
  return { [Symbol.dispose]: () => subscription.unsubscribe() };
}

/** Like `listen`, for channels whose bodies are meant to be read by anybody. Messages that do not parse are left out. */
export function subscribe<S extends z.ZodType>(
  bus: Bus,
  subject: string,
  schema: S,
  onBody: (body: z.output<S>) => void,
): Disposable {
  const subscription = bus.nc.subscribe(subject, {
    callback: (error, message) => {
      if (error) return;
      try {
        const parsed = schema.safeParse(parseJson(message.string()));
        if (parsed.success) onBody(parsed.data);
      } catch {
        bus.log.debug({ subject: message.subject }, 'heard something that is not JSON');
      }
    },
  });
  return { [Symbol.dispose]: () => subscription.unsubscribe() };
}

/** Publishes into a stream and waits for its word. For what may stand there more than once (dead letters, audit). */
export async function publishStored(
  bus: Bus,
  subject: string,
  body: unknown,
  messageId?: string,
): Promise<void> {
  await storeMessage(bus, subject, JSON.stringify(body), {
    headers: tracedHeaders(),
    ...(messageId === undefined ? {} : { messageId }),
  });
}

/** Waits until the server has everything that was published so far. */
export function flush(bus: Bus): Promise<void> {
  bus.outbox.flush();
  return bus.nc.flush();
}
