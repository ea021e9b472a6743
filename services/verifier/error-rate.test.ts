import { describe, expect, it } from 'vitest';
import { errorRateBetween, totalsOf } from './error-rate.ts';

describe('the error rate between two looks', () => {
  it('is about now, however bad the time before was', () => {
    const before = { requests: 1_000, errors: 900 };
    const now = { requests: 1_100, errors: 901 };
    expect(errorRateBetween(before, now, 81.9)).toEqual({ percent: 1, about: 'now' });
  });

  it('says at the first look that its number is about a whole lifetime', () => {
    expect(errorRateBetween(undefined, { requests: 4, errors: 1 }, null)).toEqual({
      percent: 25,
      about: 'lifetime',
    });
  });

  it('counts from zero when the target was restarted in between', () => {
    const rate = errorRateBetween({ requests: 500, errors: 400 }, { requests: 10, errors: 1 }, 10);
    expect(rate).toEqual({ percent: 10, about: 'now' });
  });

  it('says nothing new when nobody asked the target anything', () => {
    const same = { requests: 500, errors: 400 };
    expect(errorRateBetween(same, same, 80)).toEqual({ percent: 80, about: 'idle' });
  });

  it('believes the stated number of a target without totals', () => {
    expect(errorRateBetween(undefined, undefined, 1.2)).toEqual({ percent: 1.2, about: 'now' });
    expect(errorRateBetween(undefined, undefined, null)).toEqual({ percent: null, about: 'nothing' });
  });

  it('never exceeds a hundred percent', () => {
    expect(errorRateBetween(undefined, { requests: 1, errors: 5 }, null).percent).toBe(100);
  });
});

describe('totals', () => {
  it('are known only when both counters are there', () => {
    expect(totalsOf({ total_requests: 5, total_errors: 1 })).toEqual({ requests: 5, errors: 1 });
    expect(totalsOf({ total_requests: 5 })).toBeUndefined();
    expect(totalsOf({ total_requests: '5', total_errors: -1 })).toBeUndefined();
  });
});
