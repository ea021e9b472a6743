import type { Bus } from '#libs/bus/bus';
import type { Handled } from '#libs/bus/consume';
import { readFact } from '#libs/bus/fact';
import { requestedSchema } from '#libs/contracts/facts';
import { requestedSubject } from '#libs/contracts/subjects';
import { renewLease } from './cell.ts';
import { targetsOf } from './closing.ts';
import type { LeaseTiming } from './policy.ts';
import type { SafetyState } from './state.ts';

/** The executor gave a sign of life: its lease is good for one more step. A lease that is closing stays so. */
export async function renewOnProgress(
  bus: Bus,
  state: SafetyState,
  timing: LeaseTiming,
  subject: string,
): Promise<Handled> {
  const id = subject.split('.')[2] ?? '';
  const requested = await readFact(bus, requestedSubject(id), requestedSchema);
  if (!requested) return 'ack';
  for (const target of targetsOf(requested.body)) {
    await state.change(target, (cell) => renewLease(cell, id, bus.clock.now() + timing.stepMs));
  }
  return 'ack';
}
