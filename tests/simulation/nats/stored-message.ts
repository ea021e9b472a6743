import type { StoredMsg } from '@nats-io/jetstream';
import type { Entry } from './log.ts';
import { headersFrom } from './requests.ts';

/** A stored message as the client gives it. */
export function storedMessage({ subject, sequence, payload, headers, atMs }: Entry): StoredMsg {
  const message = {
    subject,
    seq: sequence,
    header: headersFrom(headers),
    time: new Date(atMs),
    string: () => payload,
  };
  return message as unknown as StoredMsg;
}
