/**
 * Guarantee: a message is acknowledged only after its handler is through; when the handler throws or the process
 * dies, the message comes again. Acknowledgements are flow control only: a handler must bear any repetition.
 */
import type { ConsumerMessages, JsMsg } from '@nats-io/jetstream';
import { JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream';
import { failpoint } from '#libs/runtime/failpoint';
import { toInstant } from '#libs/runtime/instant';
import { inSpan, linkTo, withRemediation } from '#libs/runtime/tracing';
import type { Bus } from './bus.ts';
import { attributesOf, templateOf } from './fact.ts';
import { contextOf, headerOf, traceIdOf } from './headers.ts';

export type Delivery = {
  readonly subject: string;
  readonly stream: string;
  /** The sequence in the stream; with the stream it names the message for ever. */
  readonly sequence: number;
  readonly storedAtMs: number;
  readonly storedAt: string;
  /** 1 on the first delivery. After a crash of the server it may be 1 again. */
  readonly deliveryCount: number;
  readonly traceId: string | undefined;
  text(): string;
  bytes(): Uint8Array;
  header(name: string): string | undefined;
};

/** What becomes of a message: done, or to be delivered again after a while. */
export type Handled = 'ack' | { readonly retryInMs: number };

export type ConsumeOptions = {
  readonly stream: string;
  readonly consumer: string;
  /** How long the server waits for a sign of life before it delivers elsewhere; signs are sent at a third of it. */
  readonly ackWaitMs: number;
  /** Messages asked for ahead. Every one that arrives is handled at once, so the consumer's max_ack_pending is the limit. */
  readonly prefetch: number;
  readonly handle: (delivery: Delivery) => Promise<Handled>;
};

/** Handles messages of a durable consumer until disposed; disposing waits for the handlers in flight. */
export function consume(bus: Bus, options: ConsumeOptions): AsyncDisposable {
  const stopping = new AbortController();
  const inFlight = new Map<JsMsg, Promise<void>>();
  const allHandled = new AbortController();
  const signs = giveSigns(bus, inFlight, options.ackWaitMs / 3, allHandled.signal);
  let messages: ConsumerMessages | undefined;

  const handleOne = async (message: JsMsg): Promise<void> => {
    try {
      const handled = await traced(bus, options, message);
      failpoint('handled-before-ack');
      if (handled === 'ack') bus.outbox.sendSoon(() => message.ack());
      else message.nak(handled.retryInMs);
    } catch (error) {
      const retryInMs = Math.min(10_000, 250 * 2 ** Math.min(message.info.deliveryCount, 6));
      if (stopping.signal.aborted) message.nak();
      else {
        bus.log.warn(
          { err: error, subject: message.subject, retry_in_ms: retryInMs },
          'a message could not be handled; it will come again',
        );
        message.nak(retryInMs);
      }
    }
  };

  const loop = async (): Promise<void> => {
    while (!stopping.signal.aborted && !bus.nc.isClosed()) {
      try {
        const consumer = await bus.js.consumers.get(options.stream, options.consumer);
        messages = await consumer.consume({
          max_messages: options.prefetch,
          abort_on_missing_resource: true,
        });
        if (stopping.signal.aborted) return;
        for await (const message of messages) {
          const done = handleOne(message).finally(() => inFlight.delete(message));
          inFlight.set(message, done);
        }
      } catch (error) {
        if (!stopping.signal.aborted) logBroken(bus, options, error);
      }
      await bus.clock.sleep(250, stopping.signal);
    }
  };
  const running = loop();

  return {
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      messages?.stop();
      await running;
      await Promise.allSettled(inFlight.values());
      bus.outbox.flush();
      allHandled.abort();
      await signs;
    },
  };
}

async function giveSigns(
  { clock }: Bus,
  inFlight: ReadonlyMap<JsMsg, unknown>,
  everyMs: number,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(everyMs, signal);
    for (const message of inFlight.keys()) message.working();
  }
}

function logBroken(bus: Bus, options: ConsumeOptions, error: unknown): void {
  const missing = error instanceof JetStreamApiError && error.code === JetStreamApiCodes.ConsumerNotFound;
  const cause = missing
    ? `the consumer ${options.consumer} is missing in NATS; restart a service of the mesh to set it up again`
    : `reading from ${options.stream} broke; trying again`;
  bus.log.warn({ err: error, stream: options.stream, consumer: options.consumer }, cause);
}

function traced(bus: Bus, options: ConsumeOptions, message: JsMsg): Promise<Handled> {
  const sentIn = contextOf(message.headers);
  const first = message.info.deliveryCount <= 1;
  const handle = (): Promise<Handled> =>
    inSpan(
      bus.tracer,
      `process ${templateOf(message.subject)}`,
      {
        kind: 'consumer',
        attributes: { ...attributesOf(message.subject), 'messaging.consumer.group.name': options.consumer },
        ...(first ? { parent: sentIn } : { links: linkTo(sentIn) }),
      },
      () => options.handle(toDelivery(message)),
    );
  const id = remediationIdIn(message.subject);
  return id === undefined ? handle() : withRemediation(id, handle);
}

function toDelivery(message: JsMsg): Delivery {
  const storedAtMs = Math.floor(message.info.timestampNanos / 1e6);
  return {
    subject: message.subject,
    stream: message.info.stream,
    sequence: message.seq,
    storedAtMs,
    storedAt: toInstant(storedAtMs),
    deliveryCount: message.info.deliveryCount,
    traceId: traceIdOf(message.headers),
    text: () => message.string(),
    bytes: () => message.data,
    header: (name) => headerOf(message.headers, name),
  };
}

function remediationIdIn(subject: string): string | undefined {
  const [, kind, id] = subject.split('.');
  return kind === 'remediation' ? id : undefined;
}
