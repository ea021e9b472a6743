/**
 * Guarantee: a message of the inbox is acknowledged only after its `requested` fact, or its dead letter, stands.
 * It may come any number of times: it gets the same id each time, and a fact stands once. While it cannot be taken
 * up it is kept and tried again, until it is too old to start; then it is stated as expired, so that it ends visibly.
 */
import { consume, type Delivery, type Handled } from '#libs/bus/consume';
import { buryDead } from '#libs/bus/dead-letter';
import type { ServiceContext } from '#libs/bus/open-service';
import { ackWaitMs } from '#libs/bus/provision';
import { idFromInbox, idFromKey } from '#libs/contracts/ids';
import { Problem } from '#libs/contracts/problem';
import { consumers, streams } from '#libs/contracts/subjects';
import { retryWaitMs } from '#libs/runtime/retry';
import { withRemediation } from '#libs/runtime/tracing';
import type { Admission } from '../admission.ts';
import type { Asking } from '../asking.ts';
import { type InboxEvent, type Poison, readEvent } from './event.ts';
import { createInboxOrigin, type InboxOrigin } from './origin.ts';

const prefetch = 256;
const retryLimits = { minMs: 500, maxMs: 4_000 };

/** Takes up what publishers send over NATS, until disposed. */
export function startInbox(context: ServiceContext, admission: Admission): AsyncDisposable {
  const { bus, health } = context;
  const stack = new AsyncDisposableStack();
  const origin = stack.use(createInboxOrigin(bus, health));
  const handle = (delivery: Delivery): Promise<Handled> => takeUp(context, admission, origin, delivery);
  stack.use(consume(bus, { stream: streams.inbox, consumer: consumers.inbox, ackWaitMs, prefetch, handle }));
  return stack;
}

async function takeUp(
  context: ServiceContext,
  admission: Admission,
  origin: InboxOrigin,
  delivery: Delivery,
): Promise<Handled> {
  const read = readEvent({
    subject: delivery.subject,
    bytes: delivery.bytes(),
    messageId: delivery.header('Nats-Msg-Id'),
  });
  if ('poison' in read) return bury(context, delivery, read.poison);
  const { event } = read;
  const id = await idOf(event, origin, delivery);
  const asking: Asking = { ...event, id, door: 'nats', receivedAtMs: delivery.storedAtMs };
  return withRemediation(id, async () => {
    try {
      const { requested, fresh } = await admission.admit(asking, context.signal);
      const level = fresh && !requested.ask.dry_run ? 'info' : 'debug';
      context.log[level](
        { container: asking.ask.container, action: asking.ask.action },
        'requested over NATS',
      );
      return 'ack';
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (error.status < 500) return bury(context, delivery, { reason: error.code, message: error.message });
      context.log.warn({ err: error }, 'a request waits in the inbox');
      return { retryInMs: retryWaitMs(delivery.deliveryCount, retryLimits, Math.random()) };
    }
  });
}

async function idOf(event: InboxEvent, origin: InboxOrigin, delivery: Delivery): Promise<string> {
  if (event.key !== undefined) return idFromKey(event.principal, event.key);
  const createdAt = await origin.createdAt(delivery.sequence, delivery.deliveryCount === 1);
  return idFromInbox(streams.inbox, createdAt, delivery.sequence);
}

async function bury(context: ServiceContext, delivery: Delivery, poison: Poison): Promise<Handled> {
  await buryDead(context.bus, delivery, poison.reason, poison.message);
  context.log.warn({ sequence: delivery.sequence, ...poison }, 'a message of the inbox is a dead letter');
  return 'ack';
}
