import { expect, it } from 'vitest';
import { seed as firstSeed, sized } from '../proof/size.ts';
import { tell } from '../proof/tell.ts';
import { failureText } from './print.ts';
import { regressions } from './regressions.ts';
import { runSeed } from './run.ts';

const seeds = sized({ each: 2_000, long: 200_000 });
const perSeedMs = 500;

it(
  'nothing is lost, doubled or overlapping, whatever is lost, late, doubled, dies, pauses or is set to another time',
  async () => {
    const sums = {
      seeds,
      remediations: 0,
      faults: 0,
      effects: 0,
      lost: 0,
      doubled: 0,
      first_seed: firstSeed,
    };
    for (let seed = firstSeed; seed < firstSeed + seeds; seed += 1) {
      const run = await runSeed(seed);
      if (run.violations.length > 0) expect.fail(failureText(run));
      sums.remediations += run.ended.accepted;
      sums.faults += run.faults;
      sums.effects += run.effects.landed;
      sums.lost += run.ended.lost;
      sums.doubled += run.effects.doubled;
    }
    tell('simulation', sums);
    expect(sums.effects).toBeGreaterThan(0);
  },
  60_000 + seeds * perSeedMs,
);

it('the same seed is the same history, to the last byte', async () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const [once, again] = [await runSeed(seed), await runSeed(seed)];
    expect(again.history.sha256).toBe(once.history.sha256);
    expect(once.history.lines.length).toBeGreaterThan(10);
  }
});

it.each(regressions)(
  'nothing is found any more of what seed $seed once found: $found',
  async ({ seed, climate }) => {
    const run = await runSeed(seed, climate ? { climate } : {});
    if (run.violations.length > 0) expect.fail(failureText(run));
  },
);
