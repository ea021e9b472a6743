import { expect, it } from 'vitest';
import type { Lease } from '#libs/contracts/cell';
import { isHeld } from './fence.ts';

const lease: Lease = {
  id: '11111111-1111-4111-8111-111111111111',
  epoch: 3,
  state: 'held',
  granted_at: '2024-11-02T19:45:30.000Z',
  deadline_at: '2024-11-02T19:55:30.000Z',
  gates: [],
  expires_at: '2024-11-02T19:50:30.000Z',
};

it('holds for its own remediation and epoch, until it is closing', () => {
  expect(isHeld(lease, lease.id, 3)).toBe(true);
  expect(isHeld({ ...lease, state: 'closing' }, lease.id, 3)).toBe(false);
});

it('does not hold for another one, an older grant, or nobody', () => {
  expect(isHeld(lease, '22222222-2222-4222-8222-222222222222', 3)).toBe(false);
  expect(isHeld(lease, lease.id, 2)).toBe(false);
  expect(isHeld(null, lease.id, 3)).toBe(false);
  expect(isHeld(undefined, lease.id, 3)).toBe(false);
});
