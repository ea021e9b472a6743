import type { Clock } from './clock.ts';

export interface RetryOptions {
  readonly clock: Clock;
  /** Ends the retrying, also in the middle of a wait; the call then rejects with the signal's reason. */
  readonly signal: AbortSignal;
  /** The first wait; each further one is twice as long, up to `maxMs`. */
  readonly minMs: number;
  readonly maxMs: number;
  /** No attempt begins later than this after the first one; forever without it. `fn` bounds its own duration. */
  readonly giveUpAfterMs?: number;
  /** Errors that are worth another attempt; all of them by default. */
  readonly retryable?: (error: unknown) => boolean;
}

/**
 * Calls `fn` with 1, 2, 3 … until it succeeds. Rejects with the error of the last attempt when that is not
 * retryable or when the time is up. Only for work that may be done twice.
 */
export async function retryUntil<T>(fn: (attempt: number) => Promise<T>, options: RetryOptions): Promise<T> {
  const { clock, signal, giveUpAfterMs = Number.POSITIVE_INFINITY, retryable = () => true } = options;
  const end = clock.now() + giveUpAfterMs;
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    try {
      return await fn(attempt);
    } catch (error) {
      signal.throwIfAborted();
      const waitMs = retryWaitMs(attempt, options, Math.random());
      if (!retryable(error) || clock.now() + waitMs > end) throw error;
      await clock.sleep(waitMs, signal);
    }
  }
}

/**
 * How long to wait after attempt number `attempt` (from 1). `chance`, from 0 to 1, spreads the wait over the
 * upper half of the step, so that callers which failed together do not come back together.
 */
export function retryWaitMs(
  attempt: number,
  { minMs, maxMs }: Pick<RetryOptions, 'minMs' | 'maxMs'>,
  chance: number,
): number {
  const step = Math.min(maxMs, minMs * 2 ** (attempt - 1));
  return step * (0.5 + chance / 2);
}
