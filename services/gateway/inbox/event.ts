import { remediationNeededSchemaFor, united } from '#libs/contracts/inbox';
import { parseOrProblem } from '#libs/contracts/parse';
import { type FieldError, invalidField, Problem } from '#libs/contracts/problem';
import { principalSchema } from '#libs/contracts/scalars';
import { principalOfInbox } from '#libs/contracts/subjects';
import { type Asking, askOf, wishSchema } from '../asking.ts';
import { longestBodyBytes, opened, readJson, readText, refuseRepeated } from '../read-json.ts';
import { refusedAsk } from '../refused.ts';

/** A message of the inbox, as far as reading it goes. */
export type InboxMessage = {
  readonly subject: string;
  readonly bytes: Uint8Array;
  /** What stands under the header `Nats-Msg-Id`: nothing, one value, or several that differ. */
  readonly messageIds: readonly string[];
  readonly hasUnreadableHeaders?: true | undefined;
};

export type InboxEvent = Pick<Asking, 'principal' | 'ask' | 'engine' | 'invalid'> & {
  /** What the publisher itself calls the request. */
  readonly key: string | undefined;
};

/** What no retry can mend: why, for the dead letter. `message` names the field. */
export type Poison = { readonly reason: string; readonly message: string };

const longestKey = 256;

/**
 * Reads HemoStat's event in either shape. Never throws: what is not valid is an event all the same, to be refused, when it
 * says what should be done to what; else it is poison.
 */
export function readEvent(message: InboxMessage): { event: InboxEvent } | { poison: Poison } {
  if (message.bytes.length > longestBodyBytes) {
    return poison('too_large', `body: is ${message.bytes.length} bytes long; at most ${longestBodyBytes}`);
  }
  const read = problemOf(() => {
    const text = readText(message.bytes);
    return { text, json: readJson(text) };
  });
  if (read.problem) return poison('not_json', read.problem.message);
  const { text, json } = read.value;
  const body = opened(json);
  const data = isOpenable(body) ? opened(body.data) : undefined;
  const { event: input, differs } = united(isOpenable(body) ? { ...body, data } : body);
  const event = problemOf(() => {
    const fault = headerFault(message);
    if (fault) throw invalidField(fault.field, fault.message);
    refuseRepeated(text);
    if (isOpenable(body) && data !== body.data) refuseRepeated(body.data);
    if (body !== json) throw invalidField('body', 'is a text that holds JSON; send the JSON itself');
    if (differs !== undefined) throw invalidField(differs, 'stands beside data and in it, and not the same');
    return toEvent(message, input);
  });
  if (!event.problem) return { event: event.value };
  const refused = problemOf(() => toRefused(message, input, event.problem)).value;
  return refused ? { event: refused } : poison('invalid_event', event.problem.message);
}

/** Some publishers write `data` as JSON text. */
function isOpenable(body: unknown): body is { readonly data: string } {
  const isObject = typeof body === 'object' && body !== null;
  return isObject && 'data' in body && typeof body.data === 'string' && /^\s*\{/.test(body.data);
}

/** Without its name for certain the same request could come a second time and not be known. */
function headerFault({ messageIds, hasUnreadableHeaders }: InboxMessage): FieldError | undefined {
  if (hasUnreadableHeaders) {
    const form = 'a name has letters, digits and signs other than a colon, and no blanks';
    return { field: 'headers', message: `cannot be read; ${form}` };
  }
  const field = 'Nats-Msg-Id';
  if (messageIds.length > 1) return { field, message: 'stands twice, and not the same' };
  if ((messageIds[0]?.length ?? 0) <= longestKey) return undefined;
  return { field, message: `is longer than ${longestKey} characters` };
}

function toRefused(message: InboxMessage, input: unknown, why: Problem): InboxEvent | undefined {
  const refused = refusedAsk(input, why);
  const key = headerFault(message) ? undefined : (message.messageIds[0] ?? refused?.key);
  return refused && { ...refused, key, principal: principalOf(message) };
}

function toEvent(message: InboxMessage, input: unknown): InboxEvent {
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
    principal: principalOf(message),
    key: message.messageIds[0] ?? remediation_id,
  };
}

function principalOf({ subject }: InboxMessage): string {
  return parseOrProblem(principalSchema, principalOfInbox(subject), 'The subject');
}

type Tried<T> =
  | { readonly value: T; readonly problem?: never }
  | { readonly value?: never; readonly problem: Problem };

function problemOf<T>(work: () => T): Tried<T> {
  try {
    return { value: work() };
  } catch (error) {
    if (error instanceof Problem) return { problem: error };
    throw error;
  }
}

function poison(reason: string, message: string): { poison: Poison } {
  return { poison: { reason, message } };
}
