import type { Process } from './process.ts';
import type { World } from './world.ts';

/** How bad it is. Probabilities are per message, per call or per question to a port; times in milliseconds. */
export type Climate = {
  readonly lost: number;
  readonly doubled: number;
  readonly late: number;
  readonly crash: number;
  readonly pause: number;
  readonly longestPauseMs: number;
  readonly jump: number;
  readonly furthestJumpMs: number;
  /** How often NATS goes away for a while, and forgets acknowledgements over it. */
  readonly natsAway: number;
  readonly engineTrouble: number;
  /** What may become of a call that goes wrong. */
  readonly engineFates: readonly EngineFate[];
  readonly longestCallMs: number;
  readonly engineAway: number;
  /** How likely a name comes to stand for something else after a fact. */
  readonly replaced: number;
};

const engineFates = ['refused', 'unreached', 'cut', 'slow', 'half', 'never', 'frozen'] as const;
export type EngineFate = (typeof engineFates)[number];

export const calm: Climate = {
  lost: 0,
  doubled: 0,
  late: 0,
  crash: 0,
  pause: 0,
  longestPauseMs: 0,
  jump: 0,
  furthestJumpMs: 0,
  natsAway: 0,
  engineTrouble: 0,
  engineFates,
  longestCallMs: 25_000,
  engineAway: 0,
  replaced: 0,
};

/** Each seed has its own: some are rough in everything, some in one thing only, and some in nothing but the engine. */
export function climateOf({ chance, aside }: World): Climate {
  const replaced = aside.oneOf([0, 0, 0.05, 0.2]);
  const engineTrouble = chance.oneOf([0, 0.2, 0.6]);
  if (chance.happens(0.08)) return { ...calm, engineTrouble, replaced };
  return {
    lost: chance.oneOf([0, 0.01, 0.05, 0.15]),
    doubled: chance.oneOf([0, 0.02, 0.1]),
    late: chance.oneOf([0, 0.02, 0.1]),
    crash: chance.oneOf([0, 0.003, 0.01, 0.03]),
    pause: chance.oneOf([0, 0.002, 0.01]),
    longestPauseMs: 5_500,
    jump: chance.oneOf([0, 0.01]),
    furthestJumpMs: 1_000,
    natsAway: chance.oneOf([0, 0, 1, 2]),
    engineTrouble,
    engineFates,
    longestCallMs: 25_000,
    engineAway: chance.oneOf([0, 0, 1]),
    replaced,
  };
}

/** What goes wrong, as long as anything does. */
export interface Weather {
  readonly climate: Climate;
  /** The same, until it cleared up. */
  now(): Climate;
  /** After how long each copy of a message arrives; none: it is lost. */
  ways(): readonly number[];
  /** Asked at every port of a process, before and after: it may die there, pause, or have its clock set. */
  strike(process: Process, where: string): void;
  /** NATS does not answer before then. */
  natsAwayUntil(): number;
  engineAwayUntil(): number;
  onNatsBack(work: () => void): void;
  /** What becomes of a call of the engine; undefined: what should. */
  engineFate(): EngineFate | undefined;
  /** How often something went wrong so far. */
  readonly faults: number;
  /** One more, that came from elsewhere. */
  noteFault(): void;
  clearUp(): void;
}

const longestLateMs = 4_000;

export function createWeather(world: World, climate: Climate): Weather {
  const { chance } = world;
  let now = climate;
  let faults = 0;
  const uponNatsBack: (() => void)[] = [];
  const until = { nats: 0, engine: 0 };
  const happens = (probability: number): boolean => {
    const did = chance.happens(probability);
    if (did) faults += 1;
    return did;
  };
  const goAway = (what: 'nats' | 'engine', times: number, longestMs: number): void => {
    for (let n = 0; n < times; n += 1) {
      const lastsMs = chance.between(500, longestMs);
      world.after(chance.between(0, 55_000), () => {
        if (now !== climate) return;
        faults += 1;
        world.note(`${what} goes away for ${lastsMs}`);
        until[what] = Math.max(until[what], world.now() + lastsMs);
        if (what === 'nats')
          world.after(lastsMs, () => {
            for (const work of uponNatsBack) work();
          });
      });
    }
  };
  goAway('nats', climate.natsAway, 12_000);
  goAway('engine', climate.engineAway, 15_000);
  const way = (): number => (happens(now.late) ? chance.between(50, longestLateMs) : chance.between(0, 4));
  return {
    climate,
    now: () => now,
    ways: () => {
      if (happens(now.lost)) return [];
      return happens(now.doubled) ? [way(), way()] : [way()];
    },
    strike: (process, where) => {
      if (happens(now.crash)) process.crash(where);
      else if (happens(now.pause)) process.pause(chance.between(50, now.longestPauseMs));
      else if (happens(now.jump)) process.setClock(chance.between(-now.furthestJumpMs, now.furthestJumpMs));
    },
    natsAwayUntil: () => until.nats,
    engineAwayUntil: () => until.engine,
    engineFate: () =>
      happens(now.engineTrouble) ? now.engineFates[chance.between(0, now.engineFates.length - 1)] : undefined,
    onNatsBack: (work) => void uponNatsBack.push(work),
    get faults() {
      return faults;
    },
    noteFault: () => {
      faults += 1;
    },
    clearUp: () => {
      now = { ...calm };
      until.nats = Math.min(until.nats, world.now());
      until.engine = Math.min(until.engine, world.now());
    },
  };
}
