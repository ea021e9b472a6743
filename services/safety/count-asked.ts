import type { Cell } from '#libs/contracts/cell';
import type { Requested } from '#libs/contracts/facts';
import { countRequest, noteLimits } from './cell.ts';
import type { Policy } from './policy.ts';
import { limitsOn } from './seats.ts';

/** The cell after a request was judged: it knows the labels of the target and counts against its rate. */
export function countAsked(cell: Cell, requested: Requested, policy: Policy, now: number): Cell {
  const known = noteLimits(cell, limitsOn(requested, cell.target));
  return countRequest(known, requested.endpoint, requested.remediation_id, policy, now);
}
