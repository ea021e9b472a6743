import { randomUUID } from 'node:crypto';
import type Docker from 'dockerode';
import type { Bus } from '#libs/bus/bus';
import { openCells } from '#libs/bus/cell-store';
import { stateFact } from '#libs/bus/fact';
import { readRemediation } from '#libs/bus/remediation-record';
import { type Cell, cellSchema, type Lease } from '#libs/contracts/cell';
import { type Approved, decidedSchema, type Finished, requestedSchema } from '#libs/contracts/facts';
import type { Plan } from '#libs/contracts/plan';
import { buckets, decidedSubject, requestedSubject, targetKey } from '#libs/contracts/subjects';
import type { Target } from '#libs/contracts/target';
import { toInstant } from '#libs/runtime/instant';
import { boundPlan } from './bound-plan.ts';
import { signAsSafety } from './decision-keys.ts';
import { aRequested } from './examples.ts';
import { until } from './until.ts';

export type ApprovalExample = {
  readonly target: Target;
  readonly id?: string;
  readonly plan?: Plan;
  /** As an earlier version made it: it does not say which container its names stand for. */
  readonly unbound?: true;
  /** Where the targets are, if not on the engine of the run. */
  readonly docker?: Docker;
  readonly expiresInMs?: number;
  /** What the lease in the cell is unlike the one that was granted; null: none is there. */
  readonly lease?: Partial<Lease> | null;
  /** What happens before the approval is stated. */
  readonly afterLending?: () => Promise<void>;
};

/** Plays safety for an executor under test: writes the lease, then states what was requested and its approval. */
export async function approve(bus: Bus, example: ApprovalExample): Promise<Approved> {
  const { id = randomUUID(), target, expiresInMs = 60_000 } = example;
  const requested = aRequested({ id, target, ttlMs: expiresInMs });
  const given = example.plan ?? requested.plan;
  if (given === null) throw new Error('an approval needs a plan');
  const plan = example.unbound ? given : await boundPlan(given, example.docker);
  const epoch = await lend(bus, id, example);
  await example.afterLending?.();
  const approved = signAsSafety({
    type: 'decided',
    remediation_id: id,
    at: toInstant(Date.now()),
    verdict: 'approved',
    gates: [],
    grants: [{ target, epoch }],
    plan,
    expires_at: requested.expires_at,
  });
  await stateFact(bus, requestedSubject(id), requestedSchema, { ...requested, plan });
  await stateFact(bus, decidedSubject(id, target.engine), decidedSchema, approved);
  return approved;
}

async function lend(bus: Bus, id: string, { target, lease = {} }: ApprovalExample): Promise<number> {
  const cells = await openCells(bus, buckets.safety, cellSchema);
  const { value, revision } = await cells.read(targetKey(target));
  const epoch = (value?.epoch ?? 0) + 1;
  const now = Date.now();
  const granted: Lease = {
    id,
    epoch,
    state: 'held',
    granted_at: toInstant(now),
    deadline_at: toInstant(now + 600_000),
    gates: [],
    expires_at: toInstant(now + 600_000),
  };
  const cell: Cell = {
    target,
    epoch,
    lease: lease === null ? null : { ...granted, ...lease },
    cooldown: null,
    back_off: null,
    breaker: { state: 'closed', attempts: [] },
    rate: {},
  };
  const stored = await cells.compareAndSet(targetKey(target), revision, cell);
  if (stored !== 'stored') throw new Error('somebody else writes to the cell of this test');
  return epoch;
}

/** Waits for the executor's last word. */
export function finishedOf(bus: Bus, id: string, withinMs = 20_000): Promise<Finished> {
  return until('it has finished', async () => (await readRemediation(bus, id))?.finished?.body, withinMs);
}
