import { expect, it } from 'vitest';
import { ManualClock } from '#libs/testing/manual-clock';
import { eventStreamText, heartbeatMs, type ServerSentEvent } from './event-stream.ts';

const event = { id: 7, event: 'decided', data: { text: 'two\nlines' } };

it('writes each event with its id, its type and one line of data', async () => {
  async function* events() {
    yield event;
  }
  const texts = await Array.fromAsync(eventStreamText(events(), new ManualClock()));
  expect(texts.slice(1)).toEqual(['id: 7\nevent: decided\ndata: {"text":"two\\nlines"}\n\n']);
});

it('gives a sign of life after each while without an event, and loses none by it', async () => {
  const clock = new ManualClock();
  const come = Promise.withResolvers<void>();
  async function* events(): AsyncGenerator<ServerSentEvent, void> {
    await come.promise;
    yield event;
  }
  const texts = eventStreamText(events(), clock);
  await texts.next();
  for (let beat = 0; beat < 3; beat += 1) {
    const waiting = texts.next();
    await clock.advance(heartbeatMs);
    expect(await waiting).toEqual({ done: false, value: ': still here\n\n' });
  }
  come.resolve();
  expect((await texts.next()).value).toContain('id: 7');
  expect(await texts.next()).toEqual({ done: true, value: undefined });
  expect(clock.sleeping).toBe(0);
});

it('lets go of the events when it is no longer read', async () => {
  let isOpen = true;
  async function* events(): AsyncGenerator<ServerSentEvent, void> {
    try {
      yield event;
    } finally {
      isOpen = false;
    }
  }
  const texts = eventStreamText(events(), new ManualClock());
  await texts.next();
  await texts.next();
  await texts.return();
  expect(isOpen).toBe(false);
});
