import type { Clock } from './clock.ts';

/** Wakes one waiter; what is told while nobody waits is kept for the next wait. */
export interface News {
  tell(): void;
  /** True as soon as something was told since the last wait, false after `ms` or when the signal aborts. */
  within(ms: number, signal: AbortSignal): Promise<boolean>;
}

export function createNews(clock: Clock): News {
  let told = false;
  let wake = (): void => {};
  return {
    tell: () => {
      told = true;
      wake();
    },
    within: async (ms, signal) => {
      if (!told && !signal.aborted) {
        const woken = new AbortController();
        // A reason of one's own spares the making of an error with its stack, thousands of times a second.
        wake = () => woken.abort('woken');
        signal.addEventListener('abort', wake);
        await clock.sleep(ms, woken.signal);
        signal.removeEventListener('abort', wake);
      }
      const heard = told;
      told = false;
      return heard;
    },
  };
}
