import fc from 'fast-check';
import type { Bus } from '#libs/bus/bus';
import { openRawClient, type RawAnswer, type RawMessage } from '#libs/testing/raw-nats-client';
import { until } from '#libs/testing/until';
import { seed } from '../size.ts';
import { untilLeft } from './until-left.ts';

const batch = 100;
const patienceMs = 120_000;

export type Sent = { readonly message: RawMessage; readonly answer: RawAnswer | undefined };

/** Publishes so many, and waits for an answer to each: undefined where none came. */
export async function askAll(
  port: number,
  arbitrary: fc.Arbitrary<RawMessage>,
  count: number,
): Promise<readonly Sent[]> {
  const inbox = '_INBOX.fuzz-asks';
  await using client = await openRawClient(port, inbox);
  const sent: RawMessage[] = [];
  for (let done = 0; done < count; done += batch) {
    const some = draw(arbitrary, count, done);
    await client.publish(some, (at) => `${inbox}.${done + at}`);
    sent.push(...some);
    await until('all are answered', () => client.answers.length >= sent.length || undefined, 15_000).catch(
      () => {},
    );
  }
  const answers = new Map(client.answers.map((answer) => [answer.subject, answer]));
  return sent.map((message, at) => ({ message, answer: answers.get(`${inbox}.${at}`) }));
}

/** Publishes so many, no faster than they are handled. */
export async function publishAll(
  port: number,
  bus: Bus,
  arbitrary: fc.Arbitrary<RawMessage>,
  count: number,
): Promise<readonly RawMessage[]> {
  await using client = await openRawClient(port, '_INBOX.fuzz-says');
  const sent: RawMessage[] = [];
  for (let done = 0; done < count; done += batch) {
    const some = draw(arbitrary, count, done);
    await client.publish(some);
    sent.push(...some);
    await untilLeft(bus, 2 * batch, patienceMs);
  }
  return sent;
}

function draw(arbitrary: fc.Arbitrary<RawMessage>, count: number, done: number): readonly RawMessage[] {
  return fc.sample(arbitrary, { numRuns: Math.min(batch, count - done), seed: seed + done });
}
