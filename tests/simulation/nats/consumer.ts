import type { Process } from '../world/process.ts';
import type { Weather } from '../world/weather.ts';
import type { Wire } from '../world/wire.ts';
import type { World } from '../world/world.ts';
import type { Entry, StreamLog } from './log.ts';
import { matches } from './subject.ts';

/** A message as it comes to a process. What it answers may get lost. */
export type Delivered = {
  readonly entry: Entry;
  readonly count: number;
  ack(): void;
  nak(delayMs: number): void;
  working(): void;
};

/** A durable consumer: what is not acknowledged comes again, to any of those who take from it. */
export interface Durable {
  take(process: Process, handle: (message: Delivered) => void): void;
  /** Nothing is waiting and nothing is unacknowledged. */
  isDone(): boolean;
}

export type DurableOptions = {
  readonly name: string;
  readonly filter: string;
  readonly ackWaitMs: number;
  readonly mostPending: number;
};

type Pending = { count: number; deadline: number };
type Taker = { readonly process: Process; readonly handle: (message: Delivered) => void };

export function createDurable(
  world: World,
  wire: Wire,
  weather: Weather,
  log: StreamLog,
  { name, filter, ackWaitMs, mostPending }: DurableOptions,
): Durable {
  const fresh: Entry[] = [];
  const pending = new Map<Entry, Pending>();
  const acked: Entry[] = [];
  const takers: Taker[] = [];

  const again = (entry: Entry, after: Pending, ms: number): void => {
    after.deadline = world.now() + ms;
    world.after(ms, () => {
      if (pending.get(entry) === after && world.now() >= after.deadline) send(entry, after);
    });
  };
  const send = (entry: Entry, state: Pending): void => {
    const awayMs = weather.natsAwayUntil() - world.now();
    const [first, ...rest] = takers;
    if (awayMs > 0 || !first) {
      again(entry, state, Math.max(awayMs, 200));
      return;
    }
    const taker = world.chance.oneOf([first, ...rest]);
    state.count += 1;
    const { count } = state;
    again(entry, state, ackWaitMs);
    world.note(`${name} gives ${taker.process.name} ${entry.subject} for the ${count}. time`);
    const answer = (what: string, act: () => void): void =>
      wire.send(taker.process, `${what} of ${entry.subject}`, () => {
        if (pending.get(entry) === state) act();
      });
    wire.deliver(taker.process, () =>
      taker.handle({
        entry,
        count,
        ack: () =>
          answer('ack', () => {
            pending.delete(entry);
            acked.push(entry);
            flow();
          }),
        nak: (ms) => answer('nak', () => again(entry, state, ms)),
        working: () => answer('working', () => again(entry, state, ackWaitMs)),
      }),
    );
  };
  const flow = (): void => {
    while (pending.size < mostPending && takers.length > 0) {
      const entry = fresh.shift();
      if (!entry) return;
      const state = { count: 0, deadline: 0 };
      pending.set(entry, state);
      send(entry, state);
    }
  };
  log.onAppend((entry) => {
    if (!matches(filter, entry.subject)) return;
    fresh.push(entry);
    flow();
  });
  weather.onNatsBack(() => {
    // An acknowledgement is not written to disk before it is answered: after a crash of the server some are forgotten.
    for (const entry of acked.splice(-6)) {
      if (!world.chance.happens(0.3) || pending.has(entry)) continue;
      world.note(`${name} forgot that ${entry.subject} was acknowledged`);
      const state = { count: 0, deadline: 0 };
      pending.set(entry, state);
      send(entry, state);
    }
  });
  return {
    take: (process, handle) => {
      if (!process.isAlive()) return;
      const taker = { process, handle };
      takers.push(taker);
      process.onCrash(() => {
        // The server hears of it at once, or when a pull expires.
        world.after(world.chance.oneOf([0, 50, 3_000]), () => {
          takers.splice(takers.indexOf(taker), 1);
        });
      });
      flow();
    },
    isDone: () => fresh.length === 0 && pending.size === 0,
  };
}
