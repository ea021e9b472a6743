import { stateFact } from '#libs/bus/fact';
import { type Requested, requestedSchema } from '#libs/contracts/facts';
import { requestedSubject } from '#libs/contracts/subjects';
import { openBus } from '../nats/client.ts';
import { createProcess } from '../world/process.ts';
import type { Ground } from './replica.ts';
import { requestedAs } from './requested.ts';

/**
 * States requests over a while, some of them twice, from two gateways: the same key, so the same id. A gateway that dies
 * before its request stands has accepted nothing.
 */
export function stateRequests(
  ground: Ground,
  count: number,
  overMs: number,
  ttlMs?: number,
): { readonly allSent: () => boolean } {
  const { world, wire, server, docker, weather } = ground;
  let waiting = 0;
  const state = (requested: Requested, door: string): void => {
    const furthest = weather.climate.furthestJumpMs;
    const process = createProcess(world, door, world.chance.between(-furthest, furthest));
    const done = (): void => {
      waiting -= 1;
    };
    process.onCrash(done);
    const bus = openBus(world, wire, server, process, 'gateway');
    stateFact(bus, requestedSubject(requested.remediation_id), requestedSchema, requested).then(
      () => process.isAlive() && done(),
      (error: unknown) => world.violated('requested', String(error)),
    );
  };
  for (let n = 1; n <= count; n += 1) {
    const firstMs = world.chance.between(0, overMs);
    const doors = world.chance.happens(0.3) ? ['gateway-a', 'gateway-b'] : ['gateway-a'];
    const spread = world.chance.oneOf([0, 20, 6_000]);
    let requested: Requested | undefined;
    for (const [at, door] of doors.entries()) {
      waiting += 1;
      const stateOne = (): void => {
        requested ??= requestedAs(n, world, docker, ttlMs);
        state(requested, `${door}.${n}`);
      };
      world.after(firstMs + at * world.chance.between(0, spread), stateOne, true);
    }
  }
  return { allSent: () => waiting === 0 };
}
