import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { systemClock } from './clock.ts';

test('a sleep lasts at least as long as asked', async () => {
  const begin = performance.now();
  await systemClock.sleep(20);
  expect(performance.now() - begin).toBeGreaterThanOrEqual(20);
});

test('a sleep of zero, of less, or of nonsense ends at once', async () => {
  for (const ms of [0, -1, Number.NaN]) await systemClock.sleep(ms);
});

test('an abort ends a sleep of any length without an error and leaves no listener behind', async () => {
  for (const ms of [60_000, 2 ** 40, Number.POSITIVE_INFINITY]) {
    const controller = new AbortController();
    const slept = systemClock.sleep(ms, controller.signal);
    controller.abort();
    await slept;
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  }
});

test('a signal that was aborted before ends the sleep at once', async () => {
  await systemClock.sleep(60_000, AbortSignal.abort());
});

test('a sleep that ran its time leaves no listener on the signal', async () => {
  const { signal } = new AbortController();
  await systemClock.sleep(1, signal);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});
