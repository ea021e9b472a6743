import type { ConsumerMessages, JsMsg } from '@nats-io/jetstream';
import { streams } from '#libs/contracts/subjects';
import type { Process } from '../world/process.ts';
import type { Delivered, Durable } from './consumer.ts';
import { headersFrom } from './requests.ts';

/** What the client gives for a durable consumer: its messages, one after the other, until it is stopped. */
export function messagesOf(process: Process, durable: Durable, consumer: string): ConsumerMessages {
  const { values, push, stop } = pipe<JsMsg>();
  durable.take(process, (delivered) => push(toMessage(delivered, consumer)));
  return { [Symbol.asyncIterator]: () => values, stop } as unknown as ConsumerMessages;
}

function toMessage({ entry, count, ack, nak, working }: Delivered, consumer: string): JsMsg {
  const info = { stream: streams.facts, consumer, deliveryCount: count, timestampNanos: entry.atMs * 1e6 };
  const message = {
    subject: entry.subject,
    seq: entry.sequence,
    headers: headersFrom(entry.headers),
    data: Buffer.from(entry.payload),
    string: () => entry.payload,
    info,
    ack,
    nak: (ms = 0) => nak(ms),
    working,
  };
  return message as unknown as JsMsg;
}

type Pipe<T> = { readonly values: AsyncIterator<T>; push(value: T): void; stop(): void };

/** Values that come one by one, in an iterator. */
export function pipe<T>(): Pipe<T> {
  const ready: T[] = [];
  let isOver = false;
  let wake: (() => void) | undefined;
  const next = async (): Promise<IteratorResult<T>> => {
    while (ready.length === 0 && !isOver) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    const [value] = ready.splice(0, 1);
    return value === undefined ? { done: true, value: undefined } : { done: false, value };
  };
  return {
    values: { next, return: async () => ({ done: true, value: undefined }) },
    push: (value) => {
      ready.push(value);
      wake?.();
    },
    stop: () => {
      isOver = true;
      wake?.();
    },
  };
}
