import type { Bus } from '#libs/bus/bus';
import { streamCreatedAt } from '#libs/bus/introspect';
import { streams } from '#libs/contracts/subjects';
import type { Health } from '#libs/runtime/health';

/** When the inbox stream was made. With the sequence it names a message for ever, even when the stream is made anew. */
export type InboxOrigin = Disposable & {
  createdAt(sequence: number, firstDelivery: boolean): Promise<string>;
};

/** Reads it once for a connection, and again when sequences start over: then the stream is another one. */
export function createInboxOrigin(bus: Bus, health: Health): InboxOrigin {
  let known: Promise<string> | undefined;
  let highest = 0;
  const forget = (): void => {
    known = undefined;
    highest = 0;
  };
  const watching = health.onChange(({ parts }) => {
    if (parts.nats?.ok !== true) forget();
  });
  return {
    createdAt: (sequence, firstDelivery) => {
      if (firstDelivery && sequence <= highest) forget();
      highest = Math.max(highest, sequence);
      known ??= streamCreatedAt(bus, streams.inbox);
      known.catch(forget);
      return known;
    },
    [Symbol.dispose]: () => watching[Symbol.dispose](),
  };
}
