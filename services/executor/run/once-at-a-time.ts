/** Runs work of one key once at a time: who comes meanwhile gets the outcome of the run that is going on. */
export function onceAtATime(): (key: string, work: () => Promise<void>) => Promise<void> {
  const running = new Map<string, Promise<void>>();
  return (key, work) => {
    const there = running.get(key);
    if (there) return there;
    const run = work().finally(() => running.delete(key));
    running.set(key, run);
    return run;
  };
}
