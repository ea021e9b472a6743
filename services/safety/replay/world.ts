import type { Cell, Control, KeptControl } from '#libs/contracts/cell';
import type { Complete, Requested } from '#libs/contracts/facts';
import type { SafetyAct } from '#libs/contracts/rpc';
import { parseTargetId, type Target, targetId } from '#libs/contracts/target';
import { fromInstant } from '#libs/runtime/instant';
import { emptyCell, grantLease, settleLease } from '../cell.ts';
import { targetsOf } from '../closing.ts';
import { countAsked } from '../count-asked.ts';
import { wishOf } from '../operate/control.ts';
import { withOrder } from '../operate/order.ts';
import { partsOf, withReset } from '../operate/reset.ts';
import type { Policy } from '../policy.ts';
import type { Decision } from './history.ts';

/** Cells and controls in memory, changed by the same pure functions that change the real ones. */
export interface World {
  readonly cells: ReadonlyMap<string, Cell>;
  /** Targets of which the very first lease is known. */
  readonly fromTheFirst: ReadonlySet<string>;
  control(): Control;
  cellOf(target: Target): Cell;
  /** A request that was refused after its gates were asked. `at` in ms since the epoch. */
  count(requested: Requested, policy: Policy, at: number): void;
  /** A request that was approved; under the epochs that it really had, where they are known. */
  grant(requested: Requested, policy: Policy, at: number, epochs?: Decision['epochs']): void;
  settle(complete: Complete, policy: Policy): void;
  /** The end of a remediation whose beginning is too old to be known. */
  settleUnseen(complete: Complete, policy: Policy): void;
  act(act: SafetyAct, sequence: number): void;
}

export function openWorld(): World {
  const cells = new Map<string, Cell>();
  const fromTheFirst = new Set<string>();
  let kept: KeptControl = { kill_switch: null, maintenance: [], orders: [] };
  const cellOf = (target: Target): Cell => cells.get(targetId(target)) ?? emptyCell(target);
  const put = (cell: Cell): void => void cells.set(targetId(cell.target), cell);
  return {
    cells,
    fromTheFirst,
    cellOf,
    control: () => kept,
    count: (requested, policy, at) => {
      for (const target of targetsOf(requested)) put(countAsked(cellOf(target), requested, policy, at));
    },
    grant: (requested, policy, at, epochs) => {
      const { remediation_id: id, expires_at } = requested;
      for (const target of targetsOf(requested)) {
        const cell = countAsked(cellOf(target), requested, policy, at);
        const epoch = epochs?.get(targetId(target));
        if (epoch === 1) fromTheFirst.add(targetId(target));
        const before = epoch === undefined ? cell : { ...cell, epoch: epoch - 1 };
        put(grantLease(before, { id, gates: [], expires_at }, fromInstant(expires_at), at));
      }
    },
    settle: (complete, policy) => {
      for (const target of complete.targets) {
        put(settleLease(cellOf(target), complete, policy, fromInstant(complete.at)));
      }
    },
    settleUnseen: (complete, policy) => {
      const at = fromInstant(complete.at);
      for (const target of complete.targets) {
        const cell = cellOf(target);
        const grant = { id: complete.remediation_id, gates: [], expires_at: complete.at };
        const settled = settleLease(grantLease(cell, grant, at, at), complete, policy, at);
        put({ ...settled, lease: cell.lease, epoch: cell.epoch });
      }
    },
    act: (act, sequence) => {
      const { at, actor, reason, request } = act;
      if (act.type === 'control') {
        const order = { id: String(sequence), asked: sequence, at, actor, reason, wish: wishOf(request) };
        kept = withOrder(kept, order);
        return;
      }
      for (const text of act.targets) {
        const target = parseTargetId(text);
        if (target && cells.has(text)) put(withReset(cellOf(target), partsOf(request)));
      }
    },
  };
}
