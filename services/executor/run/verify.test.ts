import { trace } from '@opentelemetry/api';
import { expect, it } from 'vitest';
import { toInstant } from '#libs/runtime/instant';
import type { ExecutorContext } from './running.ts';
import { verify } from './verify.ts';

const question = {
  target: { engine: 'local', kind: 'container', name: 'web' },
  bound: undefined,
  expectation: { state: 'running', http_health: false, stability_seconds: 5, timeout_seconds: 60 },
  started_before: null,
} as const;

/** Asks a verifier that is never sure, and says how many seconds that took. */
async function secondsWith(look_seconds: number): Promise<number> {
  let now = 0;
  const progress = { began_at: toInstant(0), stable_since: null, started_at: null, look_seconds };
  const reply = { verdict: 'pending', message: '', readings: {} };
  const counts = { passes: 0, downs: 0, breaks: 0 };
  const clock = { now: () => now, sleep: async () => {} };
  const ask = async () => {
    now += 2_000;
    return {
      string: () => JSON.stringify({ ...reply, progress: { ...progress, ...counts } }),
      headers: undefined,
    };
  };
  const context = {
    bus: { clock, ask, tracer: trace.getTracer('test') },
    stopping: new AbortController().signal,
  };
  const opinion = await verify(context as unknown as ExecutorContext, question);
  expect(opinion.verdict).toBe('inconclusive');
  return now / 1_000;
}

it('a verifier that is never sure is asked until the time-out is over, or the start of the patient, and no longer', async () => {
  expect(await secondsWith(0)).toBeGreaterThanOrEqual(60);
  expect(await secondsWith(0)).toBeLessThan(75);
  expect(await secondsWith(275)).toBeGreaterThanOrEqual(275);
  expect(await secondsWith(275)).toBeLessThan(290);
});
