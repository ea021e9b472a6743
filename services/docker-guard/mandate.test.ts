import { expect, it } from 'vitest';
import type { Approved } from '#libs/contracts/facts';
import { fromInstant } from '#libs/runtime/instant';
import { approvalFor } from '#libs/testing/guard-ground';
import { goodUntil } from './mandate.ts';

const id = 'a'.repeat(64);
const secondsAfterExpiry = (approved: Approved, callSeconds: number) =>
  (goodUntil(approved, callSeconds) - fromInstant(approved.expires_at)) / 1_000;

it('a decision is good for the longest call and the verification of each step after its expiry', () => {
  const one = approvalFor({ containers: [id] }, { by: ['restart'] });
  expect(secondsAfterExpiry(one, 120)).toBe(605 + 10);
  expect(secondsAfterExpiry(one, 3_600)).toBe(3_600 + 10);
  const verify = { state: 'running' as const, http_health: false, stability_seconds: 5, timeout_seconds: 60 };
  const steps = [1, 2].map((n) => ({ ...one.plan.steps[0], n, verify })) as Approved['plan']['steps'];
  expect(secondsAfterExpiry({ ...one, plan: { ...one.plan, steps } }, 120)).toBe(2 * (605 + 60 + 5 + 10));
  const down = approvalFor({ containers: [id, id, id] }, { by: ['scale_down'] });
  expect(secondsAfterExpiry(down, 120)).toBe(3 * 605 + 10);
});
