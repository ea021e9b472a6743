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
import { createWaitingNotice, type WaitingNotice } from './waiting-notice.ts';

const prefetch = 256;
const retryLimits = { minMs: 500, maxMs: 4_000 };

type Inbox = {
  readonly context: ServiceContext;
  readonly admission: Admission;
  readonly origin: InboxOrigin;
  readonly notice: WaitingNotice;
};

/** Takes up what publishers send over NATS, until disposed. */
export function startInbox(context: ServiceContext, admission: Admission): AsyncDisposable {
  const { bus, health, log } = context;
  const stack = new AsyncDisposableStack();
  const origin = stack.use(createInboxOrigin(bus, health));
  const inbox: Inbox = { context, admission, origin, notice: createWaitingNotice(log, bus.clock) };
  const handle = (delivery: Delivery): Promise<Handled> => takeUp(inbox, delivery);
  stack.use(consume(bus, { stream: streams.inbox, consumer: consumers.inbox, ackWaitMs, prefetch, handle }));
  return stack;
}

async function takeUp(inbox: Inbox, delivery: Delivery): Promise<Handled> {
  const read = readEvent({
    subject: delivery.subject,
    bytes: delivery.bytes(),
    messageIds: delivery.headerValues('Nats-Msg-Id'),
    hasUnreadableHeaders: delivery.hasUnreadableHeaders,
  });
  if ('poison' in read) return bury(inbox, delivery, read.poison);
  const id = await idOf(inbox, read.event, delivery);
  const receivedAtMs = delivery.storedAtMs;
  const waitedFor = inbox.notice.causeSince(read.event.engine, receivedAtMs);
  return admit(inbox, { ...read.event, id, door: 'nats', receivedAtMs, waitedFor }, delivery);
}

async function admit(inbox: Inbox, given: Asking, delivery: Delivery): Promise<Handled> {
  const { admission, context, notice } = inbox;
  const asking = admission.judge(given);
  try {
    await withRemediation(asking.id, () => admission.admit(asking, context.signal));
    notice.over();
    return 'ack';
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const isInvalid = error.code === 'invalid_request' && !given.invalid;
    if (isInvalid) return admit(inbox, { ...given, invalid: error }, delivery);
    if (error.status < 500) return bury(inbox, delivery, { reason: error.code, message: error.message });
    notice.because(error, given.engine);
    return { retryInMs: retryWaitMs(delivery.deliveryCount, retryLimits, Math.random()) };
  }
}

async function idOf({ origin }: Inbox, event: InboxEvent, delivery: Delivery): Promise<string> {
  if (event.key !== undefined) return idFromKey(event.principal, event.key);
  const createdAt = await origin.createdAt(delivery.sequence, delivery.deliveryCount === 1);
  return idFromInbox(streams.inbox, createdAt, delivery.sequence);
}

async function bury({ context }: Inbox, delivery: Delivery, { reason, message }: Poison): Promise<Handled> {
  await buryDead(context.bus, delivery, reason, message);
  context.log.warn(
    { sequence: delivery.sequence, reason, why: message },
    'a message of the inbox is a dead letter',
  );
  return 'ack';
}
