/** The first state, by its number, from which no good one can be reached; undefined when there is none. */
export function deadEnd(
  states: number,
  { from, to }: { readonly from: readonly number[]; readonly to: readonly number[] },
  good: readonly number[],
): number | undefined {
  // Edges by where they lead to, as lists: the last one of each state, and the one before each.
  const last = new Int32Array(states).fill(-1);
  const before = new Int32Array(to.length);
  to.forEach((state, edge) => {
    before[edge] = last[state] ?? -1;
    last[state] = edge;
  });
  const hopeful = new Uint8Array(states);
  const open = [...good];
  for (const state of open) hopeful[state] = 1;
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    for (let edge = last[state] ?? -1; edge >= 0; edge = before[edge] ?? -1) {
      const source = from[edge] ?? 0;
      if (hopeful[source] === 1) continue;
      hopeful[source] = 1;
      open.push(source);
    }
  }
  const dead = hopeful.indexOf(0);
  return dead < 0 ? undefined : dead;
}
