import type { Cell, Control, KeptControl } from '#libs/contracts/cell';
import type { Complete, Requested } from '#libs/contracts/facts';
import { type Target, targetId } from '#libs/contracts/target';
import { fromInstant, toInstant } from '#libs/runtime/instant';
import { closeLease, emptyCell, grantLease, renewLease, settleLease } from '../../../services/safety/cell.ts';
import { targetsOf } from '../../../services/safety/closing.ts';
import { countAsked } from '../../../services/safety/count-asked.ts';
import { decide, type Verdict } from '../../../services/safety/decide.ts';
import { type Order, withOrder } from '../../../services/safety/operate/order.ts';
import { withReset } from '../../../services/safety/operate/reset.ts';
import type { Policy } from '../../../services/safety/policy.ts';
import { seatsOf } from '../../../services/safety/seats.ts';

type Part = Parameters<typeof withReset>[1][number];

/** The pure code of safety on cells in memory, in the order in which the service applies it. */
export class RealSafety {
  private readonly cells = new Map<string, Cell>();
  private kept: KeptControl = { kill_switch: null, maintenance: [], orders: [] };
  private orders = 0;
  private readonly policy: Policy;

  constructor(policy: Policy) {
    this.policy = policy;
  }

  cellOf(target: Target): Cell {
    return this.cells.get(targetId(target)) ?? emptyCell(target);
  }

  wouldDecide(requested: Requested, now: number): Verdict {
    const targets = targetsOf(requested);
    const read = targets.map((target) => ({ cell: this.cellOf(target), revision: 0 }));
    const control: Control = { kill_switch: this.kept.kill_switch, maintenance: this.kept.maintenance };
    return decide(seatsOf(requested, targets, read), control, this.policy, now);
  }

  decide(requested: Requested, now: number): Verdict {
    const verdict = this.wouldDecide(requested, now);
    const { remediation_id: id, expires_at } = requested;
    for (const target of targetsOf(requested)) {
      const counted = countAsked(this.cellOf(target), requested, this.policy, now);
      const grant = { id, gates: [...verdict.gates], expires_at };
      this.put(
        verdict.kind === 'approve' ? grantLease(counted, grant, fromInstant(expires_at), now) : counted,
      );
    }
    return verdict;
  }

  end(complete: Complete): void {
    for (const target of complete.targets) {
      this.put(settleLease(this.cellOf(target), complete, this.policy, fromInstant(complete.at)));
    }
  }

  /** Neither says anything about budgets. */
  renewAndClose(target: Target, id: string, now: number): void {
    this.put(closeLease(renewLease(this.cellOf(target), id, now + 1_000), id, now));
  }

  reset(target: Target, parts: readonly Part[]): void {
    this.put(withReset(this.cellOf(target), parts));
  }

  order(wish: Order['wish'], now: number): void {
    this.orders += 1;
    const order = {
      id: String(this.orders),
      asked: this.orders,
      at: toInstant(now),
      actor: 'ops',
      reason: 'why',
    };
    this.kept = withOrder(this.kept, { ...order, wish });
  }

  private put(cell: Cell): void {
    this.cells.set(targetId(cell.target), cell);
  }
}
