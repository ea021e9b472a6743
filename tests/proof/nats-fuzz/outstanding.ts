import type { Bus } from '#libs/bus/bus';
import { streams } from '#libs/contracts/subjects';
import { until } from '#libs/testing/until';

/** Messages that a service has not handled yet, by consumer: those that wait, and those that came and may come again. */
export async function outstanding(bus: Bus): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  for (const stream of Object.values(streams)) {
    for await (const { name, num_pending, num_ack_pending } of bus.jsm.consumers.list(stream)) {
      if (num_pending + num_ack_pending > 0) found.set(name, num_pending + num_ack_pending);
    }
  }
  return found;
}

/** Waits until at most so many are left; says which consumers they are at when that takes too long. */
export async function untilLeft(bus: Bus, most: number, withinMs: number): Promise<void> {
  let left: ReadonlyMap<string, number> = new Map();
  const few = async (): Promise<true | undefined> => {
    left = await outstanding(bus);
    return [...left.values()].reduce((sum, count) => sum + count, 0) <= most || undefined;
  };
  await until('what was sent is handled', few, withinMs).catch((error: unknown) => {
    const where = [...left].map(([name, count]) => `${count} at ${name}`);
    throw new Error(`messages come again and again, or nobody takes them: ${where.join(', ')}`, {
      cause: error,
    });
  });
}
