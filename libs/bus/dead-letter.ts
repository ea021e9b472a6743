import type { DeadLetter } from '#libs/contracts/rpc';
import { deadSubject } from '#libs/contracts/subjects';
import { toInstant } from '#libs/runtime/instant';
import type { Bus } from './bus.ts';
import type { Delivery } from './consume.ts';
import { publishStored } from './live.ts';

const longestPayload = 64 * 1024;
/** Characters. It may name every field of a message, and the letter has to fit into one itself. */
const longestMessage = 2_000;

/**
 * Puts a message that can never be handled where a person finds it, with the reason. Acknowledge the message only
 * after this resolved; a crash in between stores the same letter again under the same message id.
 */
export async function buryDead(bus: Bus, delivery: Delivery, reason: string, message: string): Promise<void> {
  const bytes = delivery.bytes().subarray(0, longestPayload);
  const text = decodeUtf8(bytes);
  const letter: DeadLetter = {
    at: toInstant(bus.clock.now()),
    reason,
    message: message.slice(0, longestMessage),
    stream: delivery.stream,
    sequence: delivery.sequence,
    subject: delivery.subject,
    payload: text ?? Buffer.from(bytes).toString('base64'),
    encoding: text === undefined ? 'base64' : 'utf8',
  };
  await publishStored(bus, deadSubject(reason), letter, `${delivery.stream}-${delivery.sequence}`);
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
