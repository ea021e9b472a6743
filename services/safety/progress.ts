import type { Bus } from '#libs/bus/bus';
import type { Handled } from '#libs/bus/consume';
import { readFact } from '#libs/bus/fact';
import { type Fact, requestedSchema } from '#libs/contracts/facts';
import { requestedSubject } from '#libs/contracts/subjects';
import { failpoint } from '#libs/runtime/failpoint';
import { renewLease } from './cell.ts';
import { targetsOf } from './closing.ts';
import type { LeaseTiming } from './policy.ts';
import type { SafetyState } from './state.ts';

/** The executor gave a sign of life: its lease is good for one more step. A lease that is closing stays so. */
export async function renewOnProgress(
  bus: Bus,
  state: SafetyState,
  timing: LeaseTiming,
  fact: Fact,
): Promise<Handled> {
  const requested = await readFact(bus, requestedSubject(fact.remediation_id), requestedSchema);
  if (!requested) return 'ack';
  // A patient that may take long to stop makes its step longer: the call waits for it, and so does who looks later.
  // So does one that may take long to start, for whoever looks at it. `started` alone tells it, and that is enough: a
  // deadline is never put earlier, and this one lies behind call and look together, whatever facts come later.
  const settleMs = fact.type === 'started' ? 2_000 * (fact.settle_seconds + (fact.look_seconds ?? 0)) : 0;
  for (const target of targetsOf(requested.body)) {
    const deadline = bus.clock.now() + timing.stepMs + settleMs;
    failpoint('renewal-before');
    await state.change(target, (cell) => renewLease(cell, fact.remediation_id, deadline));
    failpoint('renewal-stored');
  }
  return 'ack';
}
