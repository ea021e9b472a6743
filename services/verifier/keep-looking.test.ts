import { expect, it } from 'vitest';
import { ManualClock } from '#libs/testing/manual-clock';
import { keepLooking } from './keep-looking.ts';
import type { Seen, TargetWatch } from './target-watch.ts';

const health = {
  is_healthy: true,
  verdict: 'healthy',
  health_status: 'ok',
  database_status: null,
  pool_health: null,
  pool_utilization: null,
  error_rate_percent: null,
  avg_response_time_ms: null,
  details: {},
} as const;

it('looks at the start and once in every interval, and no more once it is disposed', async () => {
  const clock = new ManualClock();
  const looks: number[] = [];
  const watch: TargetWatch = {
    last: () => undefined,
    read: async (): Promise<Seen> => {
      looks.push(clock.now());
      return { health, atMs: clock.now() };
    },
  };
  const began = clock.now();
  const looking = keepLooking(watch, clock, 30_000);
  await clock.advance(65_000);
  looking[Symbol.dispose]();
  await clock.advance(65_000);
  expect(looks.map((at) => at - began)).toEqual([0, 30_000, 60_000]);
});
