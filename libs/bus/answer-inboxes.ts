import type { NatsConnection } from '@nats-io/transport-node';
import { everything } from '#libs/contracts/subjects';

/**
 * Guarantee: no answer of ours goes where a fact, a value or an order to NATS would stand. NATS lets whoever asks name any
 * subject for the answer, and the answer is published with the rights of the one who answers.
 */
export function answeringInboxesOnly(nc: NatsConnection): NatsConnection {
  const guarded: NatsConnection = Object.create(nc);
  guarded.subscribe = (subject, { callback, ...options } = {}) =>
    nc.subscribe(subject, {
      ...options,
      ...(callback && {
        callback: (error, message) => {
          if (error || isInbox(message.reply)) callback(error, message);
        },
      }),
    });
  return guarded;
}

const ours = everything.replace(/>$/, '');

function isInbox(reply: string | undefined): boolean {
  return reply === undefined || !(reply.startsWith(ours) || reply.startsWith('$'));
}
