import type { z } from 'zod';
import { controlMembers, type KeptControl } from '#libs/contracts/cell';
import type { safetyVerbs } from '#libs/contracts/rpc';

const keptOrders = 32;

/** What a person wants of the controls, and its place among all orders: the revision at which it was asked. */
export type Order = {
  readonly id: string;
  readonly asked: number;
  readonly at: string;
  readonly actor: string;
  readonly reason: string;
  readonly wish: Pick<z.output<typeof safetyVerbs.control.request>, 'kill_switch' | 'until' | 'maintenance'>;
};

/** The controls after an order. It counts once, and nothing that a later order set is set back by an earlier one. */
export function withOrder(kept: KeptControl, order: Order): KeptControl {
  const { id, asked, at, actor, reason, wish } = order;
  if (kept.orders.some((done) => done.id === id)) return kept;
  const sets = controlMembers.filter(
    (member) =>
      wish[member] !== undefined &&
      !kept.orders.some((done) => done.asked > asked && done.sets.includes(member)),
  );
  const thrown = { since: at, until: wish.until ?? null, actor, reason };
  const windows = (wish.maintenance ?? []).map((window) => ({ ...window, actor, reason }));
  return {
    kill_switch: sets.includes('kill_switch')
      ? wish.kill_switch === 'on'
        ? thrown
        : null
      : kept.kill_switch,
    maintenance: sets.includes('maintenance') ? windows : kept.maintenance,
    orders: [...kept.orders, { id, asked, sets }].slice(-keptOrders),
  };
}
