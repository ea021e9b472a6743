import { expect, it } from 'vitest';
import { emptyCell, grantLease } from './cell.ts';
import { policyFrom, safetySettingsSchema } from './config.ts';
import { fittingIn } from './fitting.ts';
import { statusOf } from './status.ts';

const now = Date.parse('2026-01-01T12:00:00.000Z');
const policy = policyFrom(safetySettingsSchema.parse({}));
const target = (n: number) => ({ engine: 'local', kind: 'container' as const, name: `web-${n}` });
const many = Array.from({ length: 5_000 }, (_, n) => statusOf(emptyCell(target(n)), n + 1, policy, now));

it('the status of thousands of targets fits into one message, and says how many are left out', () => {
  const { cells, left_out } = fittingIn(many);
  expect(JSON.stringify(cells).length).toBeLessThan(512 * 1024);
  expect(cells.length + left_out).toBe(5_000);
  expect(cells.at(-1)?.target).toBe('local/container/web-4999');
});

it('what holds a target back is never left out for what is only remembered', () => {
  const grant = {
    id: '00000000-0000-8000-8000-000000000001',
    gates: [],
    expires_at: '2026-01-01T12:15:00.000Z',
  };
  const held = statusOf(grantLease(emptyCell(target(-1)), grant, now + 60_000, now), 0, policy, now);
  expect(fittingIn([held, ...many]).cells[0]).toBe(held);
});

it('a few are all shown, in their order', () => {
  expect(fittingIn(many.slice(0, 3))).toEqual({ cells: many.slice(0, 3), left_out: 0 });
});
