/** The same promise for every caller. */
export function once(work) {
  let running;
  return () => {
    running ??= work();
    return running;
  };
}
