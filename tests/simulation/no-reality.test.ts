import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { withoutReality } from './world/no-reality.ts';

it('whoever asks for the real time or real chance in a simulation fails, is told of, and finds both again after it', () => {
  const asked: string[] = [];
  const questions: readonly (() => unknown)[] = [
    () => Date.now(),
    () => Math.random(),
    () => randomUUID(),
    () => performance.now(),
    () => setTimeout(() => {}, 1),
    () => AbortSignal.timeout(1),
  ];
  const failed: unknown[] = [];
  {
    using _ = withoutReality((what) => asked.push(what));
    for (const ask of questions) {
      try {
        ask();
      } catch (error) {
        failed.push(error);
      }
    }
  }
  expect([asked.length, failed.length]).toEqual([questions.length, questions.length]);
  expect(Date.now()).toBeGreaterThan(0);
  expect(randomUUID()).not.toBe(randomUUID());
});
