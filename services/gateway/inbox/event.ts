import { remediationNeededSchemaFor } from '#libs/contracts/inbox';
import { parseOrProblem } from '#libs/contracts/parse';
import { Problem } from '#libs/contracts/problem';
import { principalSchema } from '#libs/contracts/scalars';
import { principalOfInbox } from '#libs/contracts/subjects';
import { type Asking, askOf, wishSchema } from '../asking.ts';
import { longestBodyBytes, readJson } from '../read-json.ts';

/** A message of the inbox, as far as reading it goes. */
export type InboxMessage = {
  readonly subject: string;
  readonly bytes: Uint8Array;
  /** The header `Nats-Msg-Id`. */
  readonly messageId: string | undefined;
};

export type InboxEvent = Pick<Asking, 'principal' | 'ask' | 'engine'> & {
  /** What the publisher itself calls the request. */
  readonly key: string | undefined;
};

/** What no retry can mend: why, for the dead letter. `message` names the field. */
export type Poison = { readonly reason: string; readonly message: string };

const longestKey = 256;

/** Reads HemoStat's event in either shape. Never throws: what cannot be read is poison. */
export function readEvent(message: InboxMessage): { event: InboxEvent } | { poison: Poison } {
  if (message.bytes.length > longestBodyBytes) {
    return poison('too_large', `body: is ${message.bytes.length} bytes long; at most ${longestBodyBytes}`);
  }
  if (message.messageId !== undefined && message.messageId.length > longestKey) {
    return poison('invalid_event', `Nats-Msg-Id: is longer than ${longestKey} characters`);
  }
  const json = problemOf(() => readJson(decode(message.bytes)));
  if (json.problem) return poison('not_json', json.problem.message);
  const event = problemOf(() => toEvent(message, json.value));
  return event.problem ? poison('invalid_event', event.problem.message) : { event: event.value };
}

function toEvent({ subject, messageId }: InboxMessage, input: unknown): InboxEvent {
  const { remediation_id, replicas, params, ...wish } = parseOrProblem(
    remediationNeededSchemaFor(input),
    input,
    'The event',
  );
  const given = {
    ...params,
    ...(replicas === undefined ? {} : { replicas }),
  };
  return {
    ...askOf(parseOrProblem(wishSchema, { ...wish, params: given }, 'The event')),
    principal: parseOrProblem(principalSchema, principalOfInbox(subject), 'The subject'),
    key: messageId ?? remediation_id,
  };
}

type Tried<T> = { readonly value: T; readonly problem?: never } | { readonly problem: Problem };

function problemOf<T>(work: () => T): Tried<T> {
  try {
    return { value: work() };
  } catch (error) {
    if (error instanceof Problem) return { problem: error };
    throw error;
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const errors = [{ field: 'body', message: 'is not UTF-8 text' }];
    throw new Problem('invalid_request', 'The body is not UTF-8 text. Send one JSON object.', { errors });
  }
}

function poison(reason: string, message: string): { poison: Poison } {
  return { poison: { reason, message } };
}
