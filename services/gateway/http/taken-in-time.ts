import type { Clock } from '#libs/runtime/clock';

/**
 * The same texts. Calls `onTooLate`, once for each of them at most, when the reader has not come back for the next
 * one within `withinMs`: a stream does not while its client leaves lying what was written.
 */
export async function* takenInTime(
  texts: AsyncGenerator<string, void>,
  clock: Clock,
  withinMs: number,
  onTooLate: () => void,
): AsyncGenerator<string, void> {
  for await (const text of texts) {
    const taken = new AbortController();
    void clock.sleep(withinMs, taken.signal).then(() => {
      if (!taken.signal.aborted) onTooLate();
    });
    try {
      yield text;
    } finally {
      taken.abort('taken');
    }
  }
}
