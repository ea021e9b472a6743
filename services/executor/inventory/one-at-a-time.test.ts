import { expect, it } from 'vitest';
import { ManualClock } from '#libs/testing/manual-clock';
import { oneAtATime } from './one-at-a-time.ts';

const settle = () => new Promise((resolve) => setImmediate(resolve));

function counting(clock: ManualClock) {
  const begun: number[] = [];
  const ask = oneAtATime(
    async () => {
      begun.push(clock.now());
      await clock.sleep(40);
      return begun.length;
    },
    250,
    clock,
  );
  return { begun, ask };
}

it('serves a flood with one piece of work', async () => {
  const clock = new ManualClock(0);
  const { begun, ask } = counting(clock);
  const answers = Promise.all(Array.from({ length: 1_000 }, ask));
  await settle();
  clock.advance(40);
  expect(new Set(await answers)).toEqual(new Set([1]));
  expect(begun).toEqual([0]);
});

it('gives who asks while it is going on a later one, not closer than it may be', async () => {
  const clock = new ManualClock(0);
  const { begun, ask } = counting(clock);
  const first = ask();
  await settle();
  const second = ask();
  expect(ask()).toBe(second);
  for (const ms of [40, 210, 40]) {
    clock.advance(ms);
    await settle();
  }
  expect(await Promise.all([first, second])).toEqual([1, 2]);
  expect(begun).toEqual([0, 250]);
});

it('goes on after a failure', async () => {
  const clock = new ManualClock(0);
  let fails = true;
  const ask = oneAtATime(
    async () => {
      if (fails) throw new Error('away');
      return 'there';
    },
    250,
    clock,
  );
  await expect(ask()).rejects.toThrow('away');
  fails = false;
  const again = ask();
  await settle();
  clock.advance(250);
  expect(await again).toBe('there');
});
