import { describe, expect, it } from 'vitest';
import { ManualClock } from '#libs/testing/manual-clock';
import { shareInFlight, sharePerTurn } from './share.ts';

describe('sharePerTurn', () => {
  it('reads once for all who ask in one turn, and again for who asks later', async () => {
    let reads = 0;
    const read = sharePerTurn(async () => ++reads, String);
    expect(await Promise.all([read('a'), read('a'), read('b')])).toEqual([1, 1, 2]);
    expect(await read('a')).toBe(3);
  });

  it('never hands out a read that began before the question', async () => {
    const begun: (() => void)[] = [];
    const read = sharePerTurn(
      () => new Promise<number>((done) => begun.push(() => done(begun.length))),
      String,
    );
    const first = read('a');
    await new Promise((turn) => setImmediate(turn));
    const second = read('a');
    await new Promise((turn) => setImmediate(turn));
    expect(begun).toHaveLength(2);
    for (const done of begun) done();
    await Promise.all([first, second]);
  });

  it('passes a failure on to all who shared it, and reads afresh after it', async () => {
    let reads = 0;
    const read = sharePerTurn(async () => {
      reads += 1;
      if (reads === 1) throw new Error('away');
      return reads;
    }, String);
    const both = await Promise.allSettled([read('a'), read('a')]);
    expect(both.map((each) => each.status)).toEqual(['rejected', 'rejected']);
    expect(await read('a')).toBe(2);
  });
});

describe('shareInFlight', () => {
  it('asks once while an answer is on its way, and again after it came', async () => {
    let asked = 0;
    const ask = shareInFlight(async () => ++asked, String);
    expect(await Promise.all([ask('a'), ask('a')])).toEqual([1, 1]);
    expect(await ask('a')).toBe(2);
  });

  it('keeps an answer as long as it is told to, and a failure not at all', async () => {
    const clock = new ManualClock();
    let asked = 0;
    const answer = async () => {
      asked += 1;
      if (asked === 1) throw new Error('away');
      return asked;
    };
    const ask = shareInFlight(answer, String, { ms: 20, clock });
    await expect(ask('a')).rejects.toThrow('away');
    expect(await ask('a')).toBe(2);
    await clock.advance(19);
    expect(await ask('a')).toBe(2);
    await clock.advance(1);
    expect(await ask('a')).toBe(3);
  });
});
