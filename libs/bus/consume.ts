/**
 * Guarantee: a message is acknowledged only after its handler is through; when the handler throws or the process
 * dies, the message comes again. Acknowledgements are flow control only: a handler must bear any repetition.
 */
import type { ConsumerMessages, JsMsg } from '@nats-io/jetstream';
import { JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream';
import { failpoint } from '#libs/runtime/failpoint';
import { toInstant } from '#libs/runtime/instant';
import { inSpan, withRemediation } from '#libs/runtime/tracing';
import type { Bus } from './bus.ts';
import { attributesOf, templateOf } from './fact.ts';
import { contextOf, headerOf, headerValues, readableHeaders, traceIdOf } from './headers.ts';

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
  /** All that it has under this name: whoever sends may say a thing twice, and not the same. */
  headerValues(name: string): readonly string[];
  /** It has headers that nobody can read; `header` then knows none. */
  readonly hasUnreadableHeaders?: true;
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

  // Told where it happens, so that the line carries the trace and the remediation.
  const handle = async (message: JsMsg): Promise<Handled> => {
    try {
      return await options.handle(toDelivery(message));
    } catch (error) {
      const about = { err: error, subject: message.subject, retry_in_ms: retryMsOf(message) };
      if (!stopping.signal.aborted) bus.log.warn(about, 'a message could not be handled; it will come again');
      throw error;
    }
  };

  const handleOne = async (message: JsMsg): Promise<void> => {
    try {
      const handled = await traced(bus, options.consumer, message, () => handle(message));
      failpoint('handled-before-ack');
      if (handled === 'ack') bus.outbox.sendSoon(() => message.ack());
      else message.nak(handled.retryInMs);
    } catch {
      message.nak(stopping.signal.aborted ? undefined : retryMsOf(message));
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

const retryMsOf = ({ info }: JsMsg): number => Math.min(10_000, 250 * 2 ** Math.min(info.deliveryCount, 6));

/** Also what is delivered again goes on in the trace that it was sent in: one remediation is one trace. */
function traced(
  bus: Bus,
  consumer: string,
  message: JsMsg,
  handle: () => Promise<Handled>,
): Promise<Handled> {
  const { subject, info } = message;
  const again = info.deliveryCount > 1 ? { 'messaging.nats.delivery_count': info.deliveryCount } : {};
  const attributes = { ...attributesOf(subject), 'messaging.consumer.group.name': consumer, ...again };
  const settings = {
    kind: 'consumer',
    attributes,
    parent: contextOf(readableHeaders(() => message.headers)),
  } as const;
  const inOwnSpan = () => inSpan(bus.tracer, `process ${templateOf(subject)}`, settings, handle);
  const id = remediationIdIn(subject);
  return id === undefined ? inOwnSpan() : withRemediation(id, inOwnSpan);
}

function toDelivery(message: JsMsg): Delivery {
  const storedAtMs = Math.floor(message.info.timestampNanos / 1e6);
  let isUnreadable = true;
  const headers = readableHeaders(() => {
    const found = message.headers;
    isUnreadable = false;
    return found;
  });
  return {
    subject: message.subject,
    stream: message.info.stream,
    sequence: message.seq,
    storedAtMs,
    storedAt: toInstant(storedAtMs),
    deliveryCount: message.info.deliveryCount,
    traceId: traceIdOf(headers),
    text: () => message.string(),
    bytes: () => message.data,
    header: (name) => headerOf(headers, name),
    headerValues: (name) => headerValues(headers, name),
    ...(isUnreadable ? { hasUnreadableHeaders: true } : {}),
  };
}

function remediationIdIn(subject: string): string | undefined {
  const [, kind, id] = subject.split('.');
  return kind === 'remediation' ? id : undefined;
}
