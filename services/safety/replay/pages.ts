import type { Complete } from '#libs/contracts/facts';
import type { Replayed, ReplayReply, ReplayRequest } from '#libs/contracts/replay';
import { targetId } from '#libs/contracts/target';
import { targetsOf } from '../closing.ts';
import type { Redecided } from './replay.ts';

/** A message of NATS holds 1 MiB unless its server says otherwise; half of it leaves room for all that goes around. */
export const mostBytes = 400 * 1_024;

/** The wanted part of a replay, as far as it fits into one answer. */
export function pageOf(
  redecided: readonly Redecided[],
  outcomes: ReadonlyMap<string, Complete['outcome']>,
  { show, limit, after }: Pick<ReplayRequest, 'show' | 'limit' | 'after'>,
): Pick<ReplayReply, 'decisions' | 'next'> {
  const wanted = redecided
    .filter(({ sequence, change }) => sequence > after && (show === 'all' || change !== 'none'))
    .toSorted((a, b) => a.sequence - b.sequence);
  const decisions: Replayed[] = [];
  let bytes = 0;
  let last = after;
  for (const each of wanted) {
    const shown = shownAs(each, outcomes);
    bytes += Buffer.byteLength(JSON.stringify(shown));
    if (decisions.length > 0 && (decisions.length === limit || bytes > mostBytes))
      return { decisions, next: last };
    decisions.push(shown);
    last = each.sequence;
  }
  return { decisions, next: null };
}

function shownAs(
  { requested, decision, was, wouldBe, change, gates, assumed }: Redecided,
  outcomes: ReadonlyMap<string, Complete['outcome']>,
): Replayed {
  const { remediation_id, ask, principal } = requested;
  return {
    remediation_id,
    at: decision.at,
    container: ask.container,
    action: ask.action,
    principal,
    targets: targetsOf(requested).map(targetId),
    dry_run: decision.dryRun,
    was,
    would_be: wouldBe,
    change,
    gates: [...gates],
    outcome: outcomes.get(remediation_id) ?? null,
    assumed,
  };
}
