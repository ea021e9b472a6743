import type { Clock } from '#libs/runtime/clock';

/**
 * Makes callers that ask for the same key in one turn of the event loop share one read. Nobody gets an answer that was
 * asked for before his own call, so a shared read is as fresh as an own one.
 */
export function sharePerTurn<K, V>(
  read: (key: K) => Promise<V>,
  nameOf: (key: K) => string,
): (key: K) => Promise<V> {
  const asking = new Map<string, Promise<V>>();
  return (key) => {
    const name = nameOf(key);
    const shared = asking.get(name);
    if (shared) return shared;
    const made = new Promise<V>((resolve, reject) => {
      setImmediate(() => {
        asking.delete(name);
        read(key).then(resolve, reject);
      });
    });
    asking.set(name, made);
    return made;
  };
}

/**
 * Makes callers that ask for the same key share the answer that is on its way, and for `kept.ms` after it came. For
 * answers that may be a moment old. A failure is not kept.
 */
export function shareInFlight<K, V>(
  ask: (key: K) => Promise<V>,
  nameOf: (key: K) => string,
  kept?: { readonly ms: number; readonly clock: Clock },
): (key: K) => Promise<V> {
  const asking = new Map<string, Promise<V>>();
  return (key) => {
    const name = nameOf(key);
    const shared = asking.get(name);
    if (shared) return shared;
    const forget = (): void => {
      asking.delete(name);
    };
    const made = ask(key);
    made.then(() => (kept ? kept.clock.sleep(kept.ms).then(forget) : forget()), forget);
    asking.set(name, made);
    return made;
  };
}
