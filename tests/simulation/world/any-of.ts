/**
 * Stands in for `AbortSignal.any` within a simulation: Node keeps what that makes until it aborts or nobody listens, and who
 * died in a simulation listens for ever, so that no seed would ever be forgotten.
 */
export function anyOf(signals: Iterable<AbortSignal>): AbortSignal {
  const any = new AbortController();
  for (const signal of signals) {
    const abort = (): void => any.abort(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  }
  return any.signal;
}
