import type { Bus } from '#libs/bus/bus';
import { openCells } from '#libs/bus/cell-store';
import { actRecordSchema } from '#libs/contracts/act-record';
import { buckets } from '#libs/contracts/subjects';
import type { SafetyState } from '../state.ts';
import type { ActDesk } from './carry-out.ts';
import { applyControl } from './control.ts';
import { applyReset } from './reset.ts';

/** Where the acts of people are written down, and how each is done. */
export async function openDesk(bus: Bus, state: SafetyState): Promise<ActDesk> {
  return {
    bus,
    acts: await openCells(bus, buckets.safety, actRecordSchema),
    apply: {
      reset: (_id, record) => applyReset(bus, state, record),
      control: (id, record, asked) => applyControl(bus, state, id, record, asked),
    },
  };
}
