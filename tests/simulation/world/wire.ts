import { TimeoutError } from '@nats-io/transport-node';
import type { Process } from './process.ts';
import type { Weather } from './weather.ts';
import type { World } from './world.ts';

export type Reply<T> = (answer: () => T) => void;

/** The way between processes and NATS, on which everything takes its time, and some of it more, twice or for ever. */
export interface Wire {
  /** Asks NATS and waits for the first answer. `serve` runs over there, once for each copy that arrives. */
  ask<T>(process: Process, what: string, timeoutMs: number, serve: (reply: Reply<T>) => void): Promise<T>;
  /** Sends without waiting for anything. */
  send(process: Process, what: string, arrive: () => void, left?: () => void): void;
  /** From NATS to a process. */
  deliver(process: Process, arrive: () => void): void;
}

export function createWire(world: World, weather: Weather): Wire {
  const send: Wire['send'] = (process, what, arrive, left) => {
    if (!process.isAlive()) return;
    weather.strike(process, `before ${what}`);
    if (!process.isAlive()) return;
    left?.();
    for (const ms of weather.ways()) {
      // What a client sends while NATS is away leaves it when NATS is back, or never.
      const arriveOrWait = (): void => {
        const awayMs = weather.natsAwayUntil() - world.now();
        if (awayMs <= 0) arrive();
        else if (world.chance.happens(0.5)) world.after(awayMs + world.chance.between(0, 400), arrive);
      };
      world.after(ms, arriveOrWait);
    }
    weather.strike(process, `after ${what}`);
  };
  const deliver: Wire['deliver'] = (process, arrive) => {
    if (world.now() < weather.natsAwayUntil()) return;
    for (const ms of weather.ways()) process.after(ms, arrive);
  };
  return {
    send,
    deliver,
    ask: (process, what, timeoutMs, serve) =>
      new Promise((resolve, reject) => {
        let isOpen = true;
        const close = (end: () => void): void => {
          if (!isOpen) return;
          isOpen = false;
          stopWaiting();
          end();
        };
        const stopWaiting = process.after(timeoutMs, () => close(() => reject(new TimeoutError())));
        send(process, what, () =>
          serve((answer) =>
            deliver(process, () =>
              close(() => {
                try {
                  resolve(answer());
                } catch (error) {
                  reject(error);
                }
              }),
            ),
          ),
        );
      }),
  };
}
