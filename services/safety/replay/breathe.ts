import { setImmediate as turn } from 'node:timers/promises';

/** Runs long work piece by piece, so that deciding goes on in between. */
export async function breathing<T>(work: Generator<void, T>): Promise<T> {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    await turn();
  }
}

/** Runs to the end at once. */
export function atOnce<T>(work: Generator<void, T>): T {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}
