import type { Clock } from '#libs/runtime/clock';
import type { Cancel } from './agenda.ts';
import type { World } from './world.ts';

/**
 * One run of one process: with its crash everything in it ends, because none of its ports ever answers again and what
 * was sent to it finds nobody. Started anew it is another one.
 */
export interface Process {
  readonly name: string;
  readonly clock: Clock;
  isAlive(): boolean;
  /** Within the process, if it still lives then; when it is paused, after the pause. */
  after(ms: number, work: () => void): Cancel;
  crash(why: string): void;
  pause(ms: number): void;
  /** Its clock says from now on that much more than the one on the wall. */
  setClock(aheadMs: number): void;
  onCrash(work: () => void): void;
}

export function createProcess(world: World, name: string, aheadMs: number): Process {
  let alive = true;
  let pausedUntil = 0;
  let ahead = aheadMs;
  const uponCrash: (() => void)[] = [];

  const after: Process['after'] = (ms, work) => {
    let cancel: Cancel;
    const attempt = (): void => {
      if (!alive) return;
      if (world.now() < pausedUntil) cancel = world.after(pausedUntil - world.now(), attempt, true);
      else work();
    };
    cancel = world.after(ms, attempt, true);
    return () => cancel();
  };
  const sleep: Clock['sleep'] = (ms, signal) => {
    if (ms <= 0 || signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        cancel();
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const cancel = after(Math.ceil(ms), wake);
      signal?.addEventListener('abort', wake);
    });
  };
  return {
    name,
    clock: {
      now: () => world.now() + ahead,
      sleep,
      deadline: (ms) => {
        const over = new AbortController();
        after(ms, () => over.abort());
        return over.signal;
      },
    },
    isAlive: () => alive,
    after,
    crash: (why) => {
      if (!alive) return;
      alive = false;
      world.note(`${name} dies: ${why}`);
      for (const work of uponCrash) work();
    },
    pause: (ms) => {
      if (!alive || world.now() < pausedUntil) return;
      world.note(`${name} pauses for ${ms}`);
      pausedUntil = world.now() + ms;
    },
    setClock: (aheadMs) => {
      world.note(`the clock of ${name} is ${aheadMs} ahead`);
      ahead = aheadMs;
    },
    onCrash: (work) => void uponCrash.push(work),
  };
}
