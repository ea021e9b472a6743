const atEndOfTurn = globalThis.setImmediate;
let waiting: (() => void)[] = [];

/** Stands in for `setImmediate` within a simulation, so that it is known when there is nothing left to do. */
export function laterThisTurn(work: () => void): NodeJS.Immediate {
  waiting.push(work);
  return undefined as unknown as NodeJS.Immediate;
}

/** Resolves when everything that can go on without time passing has gone on. */
export async function afterAllTurns(): Promise<void> {
  for (;;) {
    await new Promise<void>((resolve) => void atEndOfTurn(resolve));
    if (waiting.length === 0) return;
    const now = waiting;
    waiting = [];
    for (const work of now) work();
  }
}
