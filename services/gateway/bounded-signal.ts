/**
 * Aborts with any of its parents, or after `ms`. Unlike `AbortSignal.any` and `AbortSignal.timeout` it leaves nothing
 * behind on a long-lived parent once it is disposed.
 */
export function boundedSignal(
  parents: readonly AbortSignal[],
  ms?: number,
): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  for (const parent of parents) parent.addEventListener('abort', abort, { once: true });
  if (parents.some((parent) => parent.aborted)) abort();
  const timer = ms === undefined ? undefined : setTimeout(abort, ms);
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      clearTimeout(timer);
      for (const parent of parents) parent.removeEventListener('abort', abort);
    },
  };
}
