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

/** Makes callers that ask for the same key share the answer that is on its way. For answers that may be a moment old. */
export function shareInFlight<K, V>(
  ask: (key: K) => Promise<V>,
  nameOf: (key: K) => string,
): (key: K) => Promise<V> {
  const asking = new Map<string, Promise<V>>();
  return (key) => {
    const name = nameOf(key);
    const made = asking.get(name) ?? ask(key).finally(() => asking.delete(name));
    asking.set(name, made);
    return made;
  };
}
