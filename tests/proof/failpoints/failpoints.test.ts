import { expect, it } from 'vitest';
import { failpoints } from '#libs/runtime/failpoint';
import { durability } from '#libs/testing/nats-server';
import { drawFrom } from '../draw.ts';
import { isLong, seed, sized } from '../size.ts';
import { tell } from '../tell.ts';
import { auditObjections } from './audit.ts';
import { type Played, play } from './round.ts';
import { auditRounds, beginningRounds, endingRounds, executorRounds, type Round } from './rounds.ts';
import { openWard, type Ward } from './ward.ts';

const crashesAPoint = sized({ each: 3, long: 50 });
const mostAtOnce = 3;
const executorsAtOnce = 3;

/** One point after the other, each as often as it is to be. */
async function playAll(ward: Ward, rounds: Iterator<readonly [number, Round]>): Promise<readonly Played[]> {
  const played: Played[] = [];
  for (let next = rounds.next(); !next.done; next = rounds.next()) {
    const [at, round] = next.value;
    const crashes = Math.ceil(crashesAPoint * round.share);
    for (let done = 0; done < crashes; done += mostAtOnce) {
      const name = `${round.service}-${round.point}-${at}-${done}`;
      // Of its own: rounds go on side by side, and one that they shared would be drawn from in another order each time.
      const draw = drawFrom(seed + 1_000 * at + done);
      played.push(await play(ward, round, { name, copies: Math.min(mostAtOnce, crashes - done), draw }));
    }
  }
  return played;
}

async function inWard(work: (ward: Ward) => Promise<readonly (readonly Played[])[]>) {
  await using ward = await openWard();
  const played = (await work(ward)).flat();
  return { played, objections: await auditObjections(ward) };
}

it(
  'no remediation is lost or done twice, whatever process dies at whatever named point',
  async () => {
    const wards = await Promise.all([
      inWard((ward) => {
        const rounds = executorRounds.entries();
        const executors = Array.from({ length: executorsAtOnce }, () => playAll(ward, rounds));
        return Promise.all([...executors, playAll(ward, auditRounds.entries())]);
      }),
      inWard((ward) => Promise.all([playAll(ward, beginningRounds.entries())])),
      inWard((ward) => Promise.all([playAll(ward, endingRounds.entries())])),
    ]);
    const played = wards.flatMap((ward) => ward.played);
    const judged = played.flatMap((each) => each.judged);
    const lost = judged.filter(({ isLost }) => isLost).length;
    const doubled = judged.filter(({ isDoubled }) => isDoubled).length;
    const crashes = played.reduce((sum, each) => sum + each.crashes, 0);
    tell('P4', {
      points: failpoints.length,
      crashes,
      remediations: judged.length,
      unknown: judged.filter(({ outcome }) => outcome === 'unknown').length,
      lost,
      doubled,
      policy: durability,
      seed,
    });
    const objections = [...judged, ...wards].flatMap((each) => each.objections);
    expect(objections).toEqual([]);
    expect({ lost, doubled }).toEqual({ lost: 0, doubled: 0 });
    expect(crashes).toBeGreaterThanOrEqual(crashesAPoint * failpoints.length);
  },
  isLong ? 5_400_000 : 900_000,
);
