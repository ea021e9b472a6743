import { afterAll, expect, it } from 'vitest';
import type { Delivery } from '#libs/bus/consume';
import { type Requested, requestedSchema } from '#libs/contracts/facts';
import { deadSubject, requestedSubject } from '#libs/contracts/subjects';
import { version } from '#libs/contracts/version';
import { createLog } from '#libs/runtime/log';
import { startBusGround } from '#libs/testing/bus-ground';
import { aRequested, aTarget } from '#libs/testing/examples';
import { ManualClock } from '#libs/testing/manual-clock';
import { until } from '#libs/testing/until';
import { NeverRequested, readingFacts } from './reading-facts.ts';

const ground = await startBusGround();
const { bus } = ground.context;
afterAll(() => ground[Symbol.asyncDispose]());

const id = '6f1c8a1e-6a0b-4f0a-9b57-0d3c1f0a2b11';
const requested = aRequested({ id, target: aTarget() });
const unreadable = [JSON.stringify({ ...requested, principal: 7 }), '{}', 'no JSON'];
let sequence = 0;

function aHandler(onFact: (fact: Requested) => void = () => {}) {
  const lines: { readonly msg: string; readonly subject: string }[] = [];
  const handled: Requested[] = [];
  const clock = new ManualClock(0);
  const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
  const log = createLog({ service: 'safety', level: 'INFO', format: 'json', destination });
  const handle = readingFacts({ ...bus, log, clock })(requestedSchema, async (fact) => {
    handled.push(fact);
    onFact(fact);
    return 'ack';
  });
  const deliver = (text: string, deliveryCount = 1, writtenBy: string | undefined = '99.0.0') => {
    sequence += 1;
    const at = { storedAtMs: 0, storedAt: '', traceId: undefined, stream: 'HEMOSTAT', sequence };
    const delivery: Delivery = {
      ...at,
      subject: requestedSubject(id),
      deliveryCount,
      text: () => text,
      bytes: () => Buffer.from(text),
      headerValues: () => [],
      header: () => writtenBy || undefined,
    };
    return handle(delivery);
  };
  return { lines, handled, clock, deliver };
}

/** The reasons of the dead letters that come of it, with what they say. */
async function lettersOf(reason: string, work: () => Promise<unknown>, count: number): Promise<string[]> {
  const heard: string[] = [];
  const sub = bus.nc.subscribe(deadSubject(reason), {
    callback: (_, letter) => void heard.push(letter.json<{ message: string }>().message),
  });
  await work();
  await until('the letters are there', () => heard.length >= count || undefined);
  sub.unsubscribe();
  return heard;
}

it('hands on what can be read, and says nothing', async () => {
  const { lines, handled, deliver } = aHandler();
  expect(await deliver(JSON.stringify(requested))).toBe('ack');
  expect(handled).toEqual([requested]);
  expect(lines).toEqual([]);
});

it('lets what another version wrote come again, soon at first, and never acknowledges it', async () => {
  const { handled, deliver } = aHandler();
  for (const text of unreadable) {
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
    {
      subject: requestedSubject(id),
      msg: expect.stringMatching(/another version of hemostat.*all services run the same/),
    },
  ]);
  await deliver('{}');
  expect(lines).toHaveLength(2);
});

it('buries what this version says it wrote, or nobody, and cannot be read: it never comes again', async () => {
  const { handled, deliver } = aHandler();
  const other = JSON.stringify({ ...requested, remediation_id: '7f1c8a1e-6a0b-4f0a-9b57-0d3c1f0a2b11' });
  const deep = `{"ask":${'['.repeat(5_000)}${']'.repeat(5_000)}}`;
  const poison = [...unreadable, other, deep];
  const letters = await lettersOf(
    'unreadable_fact',
    async () => {
      for (const [at, text] of poison.entries()) {
        expect(await deliver(text, 1, at % 2 === 0 ? '' : version)).toBe('ack');
      }
    },
    poison.length,
  );
  expect(letters[0]).toContain('principal');
  expect(letters[3]).toContain('another remediation');
  expect(handled).toEqual([]);
});

it('buries what is said of a remediation that nobody requested', async () => {
  const { deliver } = aHandler(() => {
    throw new NeverRequested('nobody requested it');
  });
  const work = async () => expect(await deliver(JSON.stringify(requested))).toBe('ack');
  expect(await lettersOf('never_requested', work, 1)).toEqual(['nobody requested it']);
});
