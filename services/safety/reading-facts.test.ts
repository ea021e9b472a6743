import { expect, it } from 'vitest';
import { type Requested, requestedSchema } from '#libs/contracts/facts';
import { createLog } from '#libs/runtime/log';
import { aRequested, aTarget } from '#libs/testing/examples';
import { ManualClock } from '#libs/testing/manual-clock';
import { readingFacts } from './reading-facts.ts';

const requested = aRequested({ id: '6f1c8a1e-6a0b-4f0a-9b57-0d3c1f0a2b11', target: aTarget() });

function aHandler() {
  const lines: { readonly msg: string; readonly subject: string }[] = [];
  const handled: Requested[] = [];
  const clock = new ManualClock(0);
  const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
  const log = createLog({ service: 'safety', level: 'INFO', format: 'json', destination });
  const handle = readingFacts({ log, clock })(requestedSchema, async (fact) => {
    handled.push(fact);
    return 'ack';
  });
  const deliver = (text: string, deliveryCount = 1) =>
    handle({ subject: 'a.b', sequence: 7, deliveryCount, text: () => text });
  return { lines, handled, clock, deliver };
}

it('hands on what can be read, and says nothing', async () => {
  const { lines, handled, deliver } = aHandler();
  expect(await deliver(JSON.stringify(requested))).toBe('ack');
  expect(handled).toEqual([requested]);
  expect(lines).toEqual([]);
});

it('lets what another version wrote come again, soon at first, and never acknowledges it', async () => {
  const { handled, deliver } = aHandler();
  for (const text of [JSON.stringify({ ...requested, principal: 7 }), '{}', 'no JSON']) {
    expect(await deliver(text, 1)).toEqual({ retryInMs: 500 });
    expect(await deliver(text, 1_000)).toEqual({ retryInMs: 10_000 });
  }
  expect(handled).toEqual([]);
});

it('says cause and remedy of it once a minute, however often it comes', async () => {
  const { lines, clock, deliver } = aHandler();
  for (let second = 0; second < 60; second += 1) {
    await deliver('{}', second);
    await clock.advance(1_000);
  }
  expect(lines).toMatchObject([
    { subject: 'a.b', msg: expect.stringMatching(/another version of hemostat.*all services run the same/) },
  ]);
  await deliver('{}');
  expect(lines).toHaveLength(2);
});
