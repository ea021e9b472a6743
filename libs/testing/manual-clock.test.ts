import { expect, test } from 'vitest';
import { ManualClock } from './manual-clock.ts';

test('it stands still until it is moved', async () => {
  const clock = new ManualClock(1_000);
  await clock.advance(250);
  expect(clock.now()).toBe(1_250);
});

test('sleepers wake in the order of their times, each seeing its own', async () => {
  const clock = new ManualClock(0);
  const woken: string[] = [];
  void clock.sleep(20).then(() => woken.push(`late at ${clock.now()}`));
  void clock.sleep(10).then(() => woken.push(`early at ${clock.now()}`));
  await clock.advance(30);
  expect(woken).toEqual(['early at 10', 'late at 20']);
});

test('a loop that sleeps again and again turns as often as the time allows', async () => {
  const clock = new ManualClock(0);
  const stop = new AbortController();
  let turns = 0;
  const loop = (async () => {
    for (; !stop.signal.aborted; turns += 1) await clock.sleep(10, stop.signal);
  })();
  await clock.advance(55);
  expect(turns).toBe(5);
  stop.abort();
  await loop;
  expect(clock.sleeping).toBe(0);
});

test('a sleeper stays asleep until its time has come', async () => {
  const clock = new ManualClock(0);
  let isAwake = false;
  void clock.sleep(10).then(() => {
    isAwake = true;
  });
  await clock.advance(9);
  expect(isAwake).toBe(false);
  expect(clock.sleeping).toBe(1);
});
