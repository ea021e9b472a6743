import { setTimeout } from 'node:timers/promises';
import type { NatsServer } from '#libs/testing/nats-server';
import type { drawFrom } from '../draw.ts';
import type { Supervised } from '../evidence/supervised.ts';

const shortestPauseMs = 300;
const longestPauseMs = 2_300;

/**
 * Kills so many processes one after another, nats-server among them at least once, whatever is drawn; each has been
 * replaced before the next one dies.
 */
export async function killAround(
  supervised: Supervised,
  server: NatsServer,
  kills: number,
  draw: ReturnType<typeof drawFrom>,
): Promise<void> {
  const surelyNats = draw(kills);
  for (let done = 0; done < kills; done += 1) {
    await setTimeout(shortestPauseMs + draw(longestPauseMs - shortestPauseMs));
    const drawn = supervised.places[draw(supervised.places.length + 1)];
    const victim = done === surelyNats ? undefined : drawn;
    await (victim ? supervised.kill(victim) : supervised.killNats(server));
  }
}
