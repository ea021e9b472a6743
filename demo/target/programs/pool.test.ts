import { expect, it } from 'vitest';
import type { Connection } from './connection.ts';
import { createPool } from './pool.ts';

const connection = (): Connection => ({ ask: async () => 'ROWS 1', isOpen: () => true, close: () => {} });
const poolOf = (size: number) => createPool({ size, acquireTimeoutMs: 20, open: async () => connection() });

it('gives a place back whether its use went well or not', async () => {
  const pool = poolOf(1);
  await expect(pool.with(async () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await pool.with(async () => 'yes')).toBe('yes');
  expect(pool.status()).toMatchObject({ in_use: 0, pool_health: 'healthy' });
});

it('gives a place back when the database cannot be reached', async () => {
  const open = () => Promise.reject(new Error('nobody listens'));
  const pool = createPool({ size: 1, acquireTimeoutMs: 20, open });
  for (const _ of [1, 2]) await expect(pool.with(async () => {})).rejects.toThrow('nobody listens');
  expect(pool.status().in_use).toBe(0);
});

it('serves those who wait in turn, and turns away who waited too long', async () => {
  const pool = poolOf(1);
  const first = Promise.withResolvers<void>();
  const busy = pool.with(() => first.promise);
  const late = pool.with(async () => 'late');
  await expect(late).rejects.toThrow('no connection was free');
  const next = pool.with(async () => 'next');
  first.resolve();
  expect(await next).toBe('next');
  await busy;
  expect(pool.status()).toMatchObject({ in_use: 0, waiting: 0 });
});

it('is critical once all of it leaked, for good', async () => {
  const pool = poolOf(2);
  await pool.leak();
  await pool.leak();
  await expect(pool.with(async () => {})).rejects.toThrow('no connection was free');
  expect(pool.status()).toMatchObject({
    in_use: 2,
    leaked: 2,
    pool_utilization: 100,
    pool_health: 'critical',
  });
});
