import type { Bus } from '#libs/bus/bus';
import type { Engine } from '../docker/engine.ts';
import { openBus } from '../nats/client.ts';
import type { Server } from '../nats/server.ts';
import { createProcess, type Process } from '../world/process.ts';
import type { Weather } from '../world/weather.ts';
import type { Wire } from '../world/wire.ts';
import type { World } from '../world/world.ts';

/** All that processes of one run share. */
export type Ground = {
  readonly world: World;
  readonly weather: Weather;
  readonly wire: Wire;
  readonly server: Server;
  readonly docker: Engine;
};
export type Started = Ground & { readonly process: Process; readonly bus: Bus };

/** Keeps one replica running: whenever it dies it is started anew a while later, with nothing but what NATS knows. */
export function keepRunning(
  ground: Ground,
  name: string,
  service: string,
  start: (started: Started) => Promise<void>,
): void {
  const { world, weather, wire, server } = ground;
  let runs = 0;
  const startOne = (): void => {
    runs += 1;
    const furthest = weather.climate.furthestJumpMs;
    const process = createProcess(world, `${name}.${runs}`, world.chance.between(-furthest, furthest));
    process.onCrash(() => void world.after(world.chance.between(10, 9_000), startOne, true));
    world.note(`${process.name} starts`);
    const bus = openBus(world, wire, server, process, service);
    start({ ...ground, process, bus }).catch((error: unknown) => {
      world.violated('start', `${process.name} could not start: ${String(error)}`);
    });
  };
  startOne();
}
