import type { Complete, Requested } from '#libs/contracts/facts';
import type { Assumed } from '#libs/contracts/replay';
import { targetId } from '#libs/contracts/target';
import { fromInstant, toInstant } from '#libs/runtime/instant';
import { isDiagnostic, targetsOf } from '../closing.ts';
import { firstAfter } from './first-after.ts';
import type { History } from './history.ts';

/** An end that never was, of a remediation that would have been approved and was not. */
export type AssumedEnd = { readonly assumed: Assumed; readonly complete: Complete; readonly atMs: number };

type Ended = { readonly atMs: number; readonly tookMs: number; readonly complete: Complete };

/**
 * Assumes of what was never done that it would have ended as the next remediation of the same target did in truth, and
 * have taken as long. Where there is none nobody knows: `unknown`, at once, which counts as an attempt as it always does.
 */
export function assumeEnds({
  requests,
  happenings,
}: History): (requested: Requested, at: number) => AssumedEnd {
  const begun = new Map<string, number>();
  const ended = new Map<string, Ended[]>();
  for (const each of happenings) {
    if (each.kind === 'decided') begun.set(each.decision.id, fromInstant(each.at));
    if (each.kind !== 'complete') continue;
    const { complete } = each;
    const requested = requests.get(complete.remediation_id);
    if (!requested || isDiagnostic(requested)) continue;
    const atMs = fromInstant(complete.at);
    const tookMs = Math.max(0, atMs - (begun.get(complete.remediation_id) ?? atMs));
    for (const target of complete.targets) {
      const key = targetId(target);
      const list = ended.get(key);
      if (list) list.push({ atMs, tookMs, complete });
      else ended.set(key, [{ atMs, tookMs, complete }]);
    }
  }
  return (requested, at) => {
    const targets = targetsOf(requested);
    if (isDiagnostic(requested)) return endOf(requested, at, 'executed', []);
    const next = targets
      .flatMap((target) => nextEnded(ended.get(targetId(target)) ?? [], at) ?? [])
      .toSorted((a, b) => a.atMs - b.atMs)[0];
    return next ? like(next, requested, at) : endOf(requested, at, 'unknown', undefined);
  };
}

function like({ complete, tookMs }: Ended, requested: Requested, at: number): AssumedEnd {
  const { remediation_id, break_glass: _, ...rest } = complete;
  const atMs = at + tookMs;
  return {
    assumed: { outcome: complete.outcome, like: remediation_id },
    atMs,
    complete: {
      ...rest,
      remediation_id: requested.remediation_id,
      at: toInstant(atMs),
      targets: [...targetsOf(requested)],
    },
  };
}

function endOf(
  requested: Requested,
  at: number,
  outcome: 'executed' | 'unknown',
  effects: Complete['effects'],
): AssumedEnd {
  return {
    assumed: { outcome, like: null },
    atMs: at,
    complete: {
      type: 'complete',
      remediation_id: requested.remediation_id,
      at: toInstant(at),
      outcome,
      message: 'assumed',
      reached_docker: true,
      execution_log: [],
      targets: [...targetsOf(requested)],
      ...(effects ? { effects } : {}),
    },
  };
}

/** `ended` is in the order of its instants. */
function nextEnded(ended: readonly Ended[], at: number): Ended | undefined {
  return ended[firstAfter(ended, ({ atMs }) => atMs, at)];
}
