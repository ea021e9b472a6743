import {
  createInbox,
  type Msg,
  type MsgHdrs,
  type NatsConnection,
  NoRespondersError,
  RequestError,
  TimeoutError,
} from '@nats-io/transport-node';
import type { Outbox } from './outbox.ts';

export type Question = {
  readonly headers?: MsgHdrs;
  readonly timeoutMs: number;
};

/** Publishes and waits for the one answer. Rejects with a `TimeoutError`, or a `RequestError` when nobody listens. */
export type Ask = (subject: string, payload: string, question: Question) => Promise<Msg>;

type Waiting = {
  readonly subject: string;
  readonly resolve: (answer: Msg) => void;
  readonly reject: (error: unknown) => void;
  readonly timer: NodeJS.Timeout;
};

/**
 * Questions over one connection share one inbox. The client's own request makes an error with its stack for every
 * answer that comes, which costs more than everything else about it.
 */
export function openAsk(nc: NatsConnection, outbox: Outbox, inboxPrefix: string | undefined): Ask {
  const inbox = createInbox(inboxPrefix);
  const waiting = new Map<string, Waiting>();
  let count = 0;

  const take = (token: string): Waiting | undefined => {
    const found = waiting.get(token);
    waiting.delete(token);
    clearTimeout(found?.timer);
    return found;
  };
  const giveUp = (error: Error): void => {
    for (const token of waiting.keys()) take(token)?.reject(error);
  };

  nc.subscribe(`${inbox}.*`, {
    callback: (error, message) => {
      if (error) return giveUp(error);
      const asked = take(message.subject.slice(inbox.length + 1));
      if (message.data.length === 0 && message.headers?.code === 503) {
        const cause = new NoRespondersError(asked?.subject ?? '');
        asked?.reject(new RequestError('nobody listens', { cause }));
      } else asked?.resolve(message);
    },
  });
  nc.closed().then(() => giveUp(new RequestError('the connection is closed')));

  return (subject, payload, { headers, timeoutMs }) =>
    new Promise((resolve, reject) => {
      const token = (count++).toString(36);
      const timer = setTimeout(() => take(token)?.reject(new TimeoutError()), timeoutMs);
      waiting.set(token, { subject, resolve, reject, timer });
      const options = { reply: `${inbox}.${token}`, ...(headers ? { headers } : {}) };
      outbox
        .send(() => nc.publish(subject, payload, options))
        .catch((error: unknown) => take(token)?.reject(error));
    });
}
