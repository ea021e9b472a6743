import type { Bus } from '#libs/bus/bus';
import { streams } from '#libs/contracts/subjects';

/** Messages that a service has not handled yet, by consumer: those that wait, and those that came and may come again. */
export async function pendingByConsumer(bus: Bus): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  for (const stream of Object.values(streams)) {
    for await (const { name, num_pending, num_ack_pending } of bus.jsm.consumers.list(stream)) {
      if (num_pending + num_ack_pending > 0) found.set(name, num_pending + num_ack_pending);
    }
  }
  return found;
}

export const sumOf = (pending: ReadonlyMap<string, number>): number =>
  [...pending.values()].reduce((sum, count) => sum + count, 0);

/** Of all consumers together. */
export const pendingOf = async (bus: Bus): Promise<number> => sumOf(await pendingByConsumer(bus));
