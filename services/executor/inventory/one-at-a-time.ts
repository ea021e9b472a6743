import type { Clock } from '#libs/runtime/clock';

/**
 * Work that many ask for and that is done for all of them together: never two at once, and begun at least `apartMs`
 * apart. What a caller gets was always begun after the call.
 */
export function oneAtATime<T>(work: () => Promise<T>, apartMs: number, clock: Clock): () => Promise<T> {
  let waiting: Promise<T> | undefined;
  let running: Promise<unknown> = Promise.resolve();
  let beganAt = Number.NEGATIVE_INFINITY;

  const next = async (after: Promise<unknown>): Promise<T> => {
    await after;
    const leftMs = beganAt + apartMs - clock.now();
    if (leftMs > 0) await clock.sleep(leftMs);
    waiting = undefined;
    beganAt = clock.now();
    return work();
  };

  return () => {
    if (!waiting) {
      waiting = next(running);
      running = waiting.catch(() => {});
    }
    return waiting;
  };
}
