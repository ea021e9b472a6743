import type { Requested } from '#libs/contracts/facts';
import type { OverridableGate } from '#libs/contracts/gates';
import type { Target } from '#libs/contracts/target';
import { aRequested, aTarget } from '#libs/testing/examples';
import type { Wishes } from './reference.ts';

export const targets: readonly Target[] = [aTarget('a'), aTarget('b')];
export const kinds = { restart: 'plain', exec: 'diagnostic', start: 'undoing' } as const;

/** `on`: numbers of targets. */
export type Ask = {
  readonly on: readonly number[];
  readonly action: keyof typeof kinds;
  readonly endpoint: string;
  readonly principal: string;
  readonly confidence: number | undefined;
  readonly override: readonly OverridableGate[];
};

/** What is known of the targets when it is asked. */
type Sight = {
  readonly now: number;
  readonly wishes: readonly (Wishes | undefined)[];
  readonly isProtected: readonly boolean[];
};

export function targetAt(n: number): Target {
  const target = targets[n];
  if (!target) throw new Error(`there is no target ${n}`);
  return target;
}

/** The request as the gateway would have stated it. */
export function requestOf(id: string, asked: Ask, { now, wishes, isProtected }: Sight): Requested {
  const { on, action, endpoint, principal, confidence, override } = asked;
  const { ask, plan, ...base } = aRequested({ id, target: targetAt(on[0] ?? 0), now, endpoint });
  const [step] = plan?.steps ?? [];
  if (!step) throw new Error('the example has no step');
  return {
    ...base,
    principal,
    ask: { ...ask, action, ...(confidence === undefined ? {} : { confidence }) },
    ...(override.length > 0 ? { break_glass: { gates: [...override], principal, reason: 'glass' } } : {}),
    resolution: {
      status: 'resolved',
      targets: on.map((n) => ({
        target: targetAt(n),
        container_id: 'a'.repeat(64),
        container_name: targetAt(n).name,
        protected_by: isProtected[n] ? 'its label hemostat.protect' : null,
        ...(wishes[n] ? { limits: wishes[n] } : {}),
      })),
    },
    plan: {
      runbook: 'model',
      steps: on.map((n, at) => ({ ...step, n: at + 1, action, target: targetAt(n) })),
    },
  };
}
