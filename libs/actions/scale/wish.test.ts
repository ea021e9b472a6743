import { describe, expect, it } from 'vitest';
import { surplusOf } from './surplus.ts';
import { wishFor } from './wish.ts';

const service = (now: number, ...labels: readonly Record<string, string>[]) => ({ name: 'api', now, labels });
const most = (text: string) => ({ 'hemostat.max_replicas': text });

describe('how many replicas there shall be', () => {
  it('is one more, one fewer, or the number that was named', () => {
    expect(wishFor('up', {}, service(2))).toEqual({ wished: 3 });
    expect(wishFor('up', { replicas: 7 }, service(2))).toEqual({ wished: 7 });
    expect(wishFor('down', {}, service(3))).toEqual({ wished: 2 });
    expect(wishFor('down', { replicas: 1 }, service(3))).toEqual({ wished: 1 });
  });

  it('is at most ten, or what the strictest label says', () => {
    expect(wishFor('up', {}, service(9))).toEqual({ wished: 10 });
    expect(wishFor('up', {}, service(10))).toHaveProperty('refusal');
    expect(wishFor('up', {}, service(10, most('20')))).toEqual({ wished: 11 });
    expect(wishFor('up', {}, service(2, most('20'), most('2')))).toHaveProperty('refusal');
    expect(wishFor('up', {}, service(2, { 'hemostat.max-replicas': '2' }))).toHaveProperty('refusal');
    expect(wishFor('up', {}, service(1, most('many')))).toMatchObject({
      refusal: expect.stringContaining('no whole number'),
    });
  });

  it('is never below one, and never what the name of the action contradicts', () => {
    for (const [direction, params, now] of [
      ['down', {}, 1],
      ['down', { replicas: 0 }, 3],
      ['down', { replicas: 3 }, 3],
      ['down', { replicas: 4 }, 3],
      ['up', { replicas: 3 }, 3],
      ['up', { replicas: 0 }, 3],
    ] as const) {
      expect(wishFor(direction, params, service(now))).toHaveProperty('refusal');
    }
  });
});

it('takes away those with the highest numbers', () => {
  const members = [1, 4, 3, 10].map((number) => ({ number }));
  expect(surplusOf(members, 2).map(({ number }) => number)).toEqual([10, 4]);
  expect(surplusOf(members, 9)).toEqual([]);
});
