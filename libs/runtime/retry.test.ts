import fc from 'fast-check';
import { expect, test } from 'vitest';
import { holds } from '../../tests/proof/holds.ts';
import type { Clock } from './clock.ts';
import { retryUntil, retryWaitMs } from './retry.ts';

const { signal } = new AbortController();

/** A clock on which a sleep takes no time and moves `now`. */
function jumpingClock(): Clock & { readonly waits: number[] } {
  const waits: number[] = [];
  const now = () => waits.reduce((sum, ms) => sum + ms, 0);
  const sleep = async (ms: number) => void waits.push(ms);
  return { waits, now, sleep, deadline: AbortSignal.timeout };
}

const failing = (until: number) => async (attempt: number) => {
  if (attempt < until) throw new Error(`attempt ${attempt}`);
  return attempt;
};

test('the first success is the answer, and nothing was waited for it', async () => {
  const clock = jumpingClock();
  expect(await retryUntil(failing(1), { clock, signal, minMs: 100, maxMs: 1000 })).toBe(1);
  expect(clock.waits).toEqual([]);
});

test('waits double from the least to the most, each with half of it left to chance', async () => {
  const clock = jumpingClock();
  await retryUntil(failing(8), { clock, signal, minMs: 100, maxMs: 1000 });
  const steps = [100, 200, 400, 800, 1000, 1000, 1000];
  expect(clock.waits).toHaveLength(steps.length);
  clock.waits.forEach((ms, i) => {
    expect(ms).toBeGreaterThanOrEqual((steps[i] ?? 0) / 2);
    expect(ms).toBeLessThanOrEqual(steps[i] ?? 0);
  });
});

test('no wait is ever longer than the most or shorter than half the least', () => {
  const attempt = fc.integer({ min: 1, max: 100_000 });
  const chance = fc.double({ min: 0, max: 1, noNaN: true });
  holds(
    fc.property(attempt, chance, (n, c) => {
      const ms = retryWaitMs(n, { minMs: 10, maxMs: 5000 }, c);
      return ms >= 5 && ms <= 5000;
    }),
  );
});

test('an error that is not retryable is thrown as it is, at once', async () => {
  const clock = jumpingClock();
  const options = { clock, signal, minMs: 1, maxMs: 1, retryable: () => false };
  await expect(retryUntil(failing(2), options)).rejects.toThrow('attempt 1');
  expect(clock.waits).toEqual([]);
});

test('when the time is up the last error is thrown, and no wait went beyond the limit', async () => {
  const clock = jumpingClock();
  const options = { clock, signal, minMs: 100, maxMs: 100, giveUpAfterMs: 1000 };
  await expect(retryUntil(failing(1000), options)).rejects.toThrow(/^attempt \d+$/);
  expect(clock.now()).toBeGreaterThan(850);
  expect(clock.now()).toBeLessThanOrEqual(1000);
});

test('an abort ends the waiting, and no further attempt is made', async () => {
  const controller = new AbortController();
  const reason = new Error('stopping');
  const clock = { ...jumpingClock(), sleep: async () => controller.abort(reason) };
  const attempts: number[] = [];
  const fn = async (attempt: number) => {
    attempts.push(attempt);
    throw new Error('down');
  };
  const options = { clock, signal: controller.signal, minMs: 1, maxMs: 1 };
  await expect(retryUntil(fn, options)).rejects.toBe(reason);
  expect(attempts).toEqual([1]);
});
