/** Waits for a fact: asks until the answer is there, every few milliseconds. Throws with `what` when time is up. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined> | T | undefined,
  withinMs = 10_000,
): Promise<T> {
  const giveUpAt = Date.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > giveUpAt) throw new Error(`gave up after ${withinMs} ms waiting until ${what}`);
    await new Promise((again) => setTimeout(again, 10));
  }
}
