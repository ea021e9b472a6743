/** Looks that are made at the same time; more would only wait for a connection, and their time would run meanwhile. */
const atOnce = 16;

/** Reads something about each, in their order. Throws the first error. */
export async function readEach<T, R>(
  all: readonly T[],
  read: (each: T) => Promise<R>,
): Promise<readonly R[]> {
  const results = new Map<number, R>();
  const left = all.entries();
  const work = async (): Promise<void> => {
    for (const [at, each] of left) results.set(at, await read(each));
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, all.length) }, work));
  return all.flatMap((_, at) => {
    const result = results.get(at);
    return result === undefined ? [] : [result];
  });
}
