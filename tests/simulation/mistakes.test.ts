import { describe, expect, it, vi } from 'vitest';
import { type Change, runSeed } from './run.ts';
import { type Climate, calm } from './world/weather.ts';
import {
  acknowledgesAtOnce,
  callsAgain,
  callsTheNewest,
  looksAtNoFence,
  seesNoRename,
  standsStill,
  takesNoLease,
  verifiesTheName,
} from './wrong/ports.ts';
import { type Mistake, making } from './wrong/which.ts';

vi.mock('../../services/safety/cell.ts', async (original) => {
  const { wrongCells } = await import('./wrong/cells.ts');
  return wrongCells(await original());
});
vi.mock('../../services/safety/config.ts', async (original) => {
  const { wrongTiming } = await import('./wrong/cells.ts');
  return wrongTiming(await original());
});

const testTimeoutMs = 180_000;

type Wrong = Change & {
  readonly mistake?: Mistake;
  /** The first of these seeds on which it is found must be among so many. */
  readonly within: number;
  readonly as: readonly string[];
};

const frozenEngine = (drawn: Climate): Climate => ({
  ...drawn,
  engineTrouble: 1,
  engineFates: ['frozen'],
  longestCallMs: 58_000,
});
const dyingNowAndThen = (): Climate => ({ ...calm, crash: 0.01 });
const dying = (): Climate => ({ ...calm, crash: 0.02, engineTrouble: 0.2 });

const namesMove = (): Climate => ({ ...calm, replaced: 0.6 });

const mistakes: Readonly<Record<string, Wrong>> = {
  'an executor that begins again what was begun': {
    sabotage: callsAgain,
    climate: dying,
    within: 40,
    as: ['I2'],
  },
  'an executor that looks at no fence': {
    sabotage: (started) => looksAtNoFence(standsStill(started)),
    climate: () => calm,
    within: 20,
    as: ['I3'],
  },
  'an approval without a lease': { sabotage: takesNoLease, within: 20, as: ['settled', 'I3', 'I4', 'I1'] },
  'a request acknowledged before its verdict stands': {
    sabotage: acknowledgesAtOnce('safety'),
    climate: dying,
    within: 60,
    as: ['I1', 'told'],
  },
  'an executor that calls whoever has the name by now': {
    sabotage: callsTheNewest,
    climate: namesMove,
    within: 200,
    as: ['bound'],
  },
  'an executor that hears of no new name': {
    sabotage: seesNoRename,
    climate: namesMove,
    within: 100,
    as: ['bound'],
  },
  'a verdict on whoever has the name by now': {
    sabotage: verifiesTheName,
    climate: namesMove,
    within: 100,
    as: ['bound'],
  },
  'an end that settles the leases of others': {
    mistake: 'settles leases of others',
    within: 200,
    as: ['lease', 'settled', 'budget', 'I3'],
  },
  'progress that renews what is closing': { mistake: 'renews what is closing', within: 200, as: ['lease'] },
  'an epoch that is granted twice': { mistake: 'grants an epoch twice', within: 20, as: ['lease'] },
  'no quarantine after a call that nobody heard of any more': {
    mistake: 'waits no quarantine',
    climate: frozenEngine,
    within: 100,
    as: ['I3'],
  },
};

/** The first seed that finds it, and as what. */
async function firstFinding({ mistake, within, as: _, ...change }: Wrong): Promise<string | undefined> {
  for (let seed = 1; seed <= within; seed += 1) {
    const { violations } = await making(mistake, () => runSeed(seed, change));
    if (violations[0]) return violations[0].invariant;
  }
  return undefined;
}

describe('the simulation finds', () => {
  it.each(Object.entries(mistakes))(
    '%s',
    async (_name, wrong) => {
      expect(wrong.as).toContain(await firstFinding(wrong));
    },
    testTimeoutMs,
  );
});

describe('where nobody makes a mistake it finds nothing', () => {
  const well: Readonly<Record<string, Change>> = {
    'with an engine that is as slow as the quarantine allows': { climate: frozenEngine },
    'with executors that stand still for longer than their lease, because they look at the fence': {
      climate: () => calm,
      sabotage: standsStill,
    },
    'with processes that die all the time': { climate: dying },
  };
  it.each(Object.entries(well))(
    '%s',
    async (_name, change) => {
      for (let seed = 1; seed <= 40; seed += 1) expect((await runSeed(seed, change)).violations).toEqual([]);
    },
    testTimeoutMs,
  );
});

it(
  'an executor that dies is replaced before its lease runs out, unless decisions are acknowledged before they are done',
  async () => {
    const unfinished = async (change: Change): Promise<number> => {
      let count = 0;
      for (let seed = 1; seed <= 40; seed += 1) {
        count += (await runSeed(seed, { climate: dyingNowAndThen, ttlMs: 60_000, ...change })).ended
          .unfinished;
      }
      return count;
    };
    expect(await unfinished({})).toBe(0);
    expect(await unfinished({ sabotage: acknowledgesAtOnce('executor') })).toBeGreaterThan(0);
  },
  testTimeoutMs,
);
