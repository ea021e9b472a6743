import { type Cell, cellSchema } from '#libs/contracts/cell';
import type { Server } from '../nats/server.ts';
import type { World } from '../world/world.ts';

/** What the end of a remediation changed on one target. */
export type Settlement = {
  readonly key: string;
  readonly id: string;
  readonly spent: boolean;
  readonly healed: boolean;
};

/**
 * Every step that a cell takes, one by one: leases are granted to nobody while somebody has them, under an epoch that was
 * never granted before; what is closing stays closing; budgets change when a lease ends and at no other time.
 */
export function watchCells(world: World, server: Server): readonly Settlement[] {
  const standing = new Map<string, Cell>();
  const settlements: Settlement[] = [];
  server.cells.onAppend(({ subject: key, payload }) => {
    if (!key.startsWith('target.')) return;
    const next = cellSchema.parse(JSON.parse(payload));
    const last = standing.get(key);
    standing.set(key, next);
    const lease = last?.lease ?? null;
    world.note(`${key} is now ${next.epoch} ${next.lease?.id ?? '-'} ${next.lease?.state ?? ''}`);
    const wrong = whyWrong(last, next);
    if (wrong !== undefined) world.violated('lease', `${key}: ${wrong}`);
    const spent = next.back_off !== null && failures(next) !== failures(last);
    const healed = next.cooldown !== null && next.cooldown.since !== last?.cooldown?.since;
    if (lease && !next.lease) settlements.push({ key, id: lease.id, spent, healed });
    else if (spent || healed) world.violated('budget', `${key}: spent without the end of a lease`);
  });
  return settlements;
}

const failures = (cell: Cell | undefined): number => cell?.back_off?.failures ?? 0;

function whyWrong(last: Cell | undefined, { epoch, lease: next }: Cell): string | undefined {
  const before = last?.epoch ?? 0;
  const lease = last?.lease;
  if (epoch < before) return `the epoch went back from ${before} to ${epoch}`;
  if (lease && next && lease.id !== next.id) return `${next.id} took the lease of ${lease.id}`;
  if (lease && next && lease.epoch !== next.epoch) return `the epoch of ${next.id} changed`;
  if (!lease && next && next.epoch <= before) return `epoch ${next.epoch} was granted twice`;
  if (lease?.state === 'closing' && next?.state === 'held') return `${next.id} was closing and is held again`;
  return undefined;
}
