import type { CellStatus } from '#libs/contracts/rpc';
import { mostBytes } from './replay/pages.ts';

export type Fitting = { readonly cells: CellStatus[]; readonly left_out: number };

/** As many cells as fit into one answer, in their order. What holds back goes before what only remembers, new before old. */
export function fittingIn(all: readonly CellStatus[]): Fitting {
  const first = all.toSorted((a, b) => Number(holds(b)) - Number(holds(a)) || b.revision - a.revision);
  const chosen = new Set<CellStatus>();
  let bytes = 0;
  for (const each of first) {
    bytes += Buffer.byteLength(JSON.stringify(each));
    if (bytes > mostBytes && chosen.size > 0) break;
    chosen.add(each);
  }
  return { cells: all.filter((each) => chosen.has(each)), left_out: all.length - chosen.size };
}

function holds({ lease, cooldown, back_off, breaker }: CellStatus): boolean {
  return Boolean(lease ?? cooldown ?? back_off) || breaker.state !== 'closed' || breaker.retry_count > 0;
}
