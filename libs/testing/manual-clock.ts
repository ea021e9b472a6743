import { setImmediate } from 'node:timers/promises';
import type { Clock } from '#libs/runtime/clock';

type Sleeper = { readonly dueAt: number; wake(): void };

/** A clock that stands still until it is told to go on. */
export class ManualClock implements Clock {
  #now: number;
  readonly #sleepers = new Set<Sleeper>();

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  /** How many sleep on it just now: a test waits for that before it moves the clock. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (ms <= 0 || signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        this.#sleepers.delete(sleeper);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const sleeper = { dueAt: this.#now + ms, wake };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', wake);
    });
  }

  deadline(ms: number): AbortSignal {
    const over = new AbortController();
    void this.sleep(ms).then(() => over.abort(new DOMException('the time is over', 'TimeoutError')));
    return over.signal;
  }

  /** Moves on, from one sleeper's time to the next, so that who sleeps again meanwhile is woken in time, too. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await setImmediate();
    for (let next = this.#nextDue(end); next !== undefined; next = this.#nextDue(end)) {
      this.#now = Math.max(this.#now, next.dueAt);
      next.wake();
      await setImmediate();
    }
    this.#now = end;
  }

  #nextDue(end: number): Sleeper | undefined {
    const due = [...this.#sleepers].filter(({ dueAt }) => dueAt <= end);
    return due.reduce<Sleeper | undefined>(
      (first, other) => (first === undefined || other.dueAt < first.dueAt ? other : first),
      undefined,
    );
  }
}
