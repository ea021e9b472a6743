import { type ApiError, JetStreamApiError } from '@nats-io/jetstream';
import type { MsgHdrs } from '@nats-io/transport-node';
import type { Bus } from './bus.ts';

export type StoreOptions = {
  readonly headers: MsgHdrs;
  /** The sequence of the last message on this subject; 0: nothing may stand there yet. */
  readonly expectLast?: number;
  /** What the server knows a message by for two minutes, so that it stores it once. */
  readonly messageId?: string;
};

type Word = { readonly seq?: number; readonly error?: ApiError };

/**
 * Publishes into the stream that has the subject, and resolves with the sequence once it is stored. Rejects with a
 * `JetStreamApiError` when the server refuses; anything else leaves open whether it is stored.
 */
export async function storeMessage(
  bus: Bus,
  subject: string,
  payload: string,
  { headers, expectLast, messageId }: StoreOptions,
): Promise<number> {
  if (expectLast !== undefined) headers.set('Nats-Expected-Last-Subject-Sequence', String(expectLast));
  if (messageId !== undefined) headers.set('Nats-Msg-Id', messageId);
  const answer = await bus.ask(subject, payload, { headers, timeoutMs: bus.answerWithinMs });
  const word: Word = answer.json();
  if (word.error) throw new JetStreamApiError(word.error);
  if (word.seq === undefined) throw new Error(`no stream answers for ${subject}`);
  return word.seq;
}
