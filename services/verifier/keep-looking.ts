import type { Clock } from '#libs/runtime/clock';
import type { TargetWatch } from './target-watch.ts';

/**
 * Looks at the target again and again, so that an error rate is about the last moments whenever it is asked for, and not
 * about all the time since somebody asked before. Disposing begins no further look and waits for none.
 */
export function keepLooking(watch: TargetWatch, clock: Clock, everyMs: number): Disposable {
  const stopping = new AbortController();
  void (async () => {
    while (!stopping.signal.aborted) {
      await watch.read(everyMs);
      await clock.sleep(everyMs, stopping.signal);
    }
  })();
  return { [Symbol.dispose]: () => stopping.abort() };
}
