import type { Bus } from '#libs/bus/bus';
import { until } from '#libs/testing/until';
import { pendingByConsumer, sumOf } from '../pending.ts';

/** Waits until at most so many messages are not handled yet; says which consumers they are at when that takes too long. */
export async function untilLeft(bus: Bus, most: number, withinMs: number): Promise<void> {
  let left: ReadonlyMap<string, number> = new Map();
  const few = async (): Promise<true | undefined> => {
    left = await pendingByConsumer(bus);
    return sumOf(left) <= most || undefined;
  };
  await until('what was sent is handled', few, withinMs).catch((error: unknown) => {
    const where = [...left].map(([name, count]) => `${count} at ${name}`);
    throw new Error(`messages come again and again, or nobody takes them: ${where.join(', ')}`, {
      cause: error,
    });
  });
}
