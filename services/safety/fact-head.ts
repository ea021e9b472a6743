import type { Requested } from '#libs/contracts/facts';
import { toInstant } from '#libs/runtime/instant';

/** What every fact about a request begins with; `now` in ms since the epoch. A broken glass stands in each. */
export function headOf({ remediation_id, break_glass }: Requested, now: number) {
  return { remediation_id, at: toInstant(now), ...(break_glass ? { break_glass } : {}) };
}
