import { readsOnly } from '#libs/actions/catalogue';
import type { RemediationRecord } from '#libs/bus/remediation-record';
import { headOf } from '#libs/contracts/fact-head';
import type { Complete, Finished, LogEntry, Requested } from '#libs/contracts/facts';
import { type Target, targetId } from '#libs/contracts/target';
import { fromInstant, toInstant } from '#libs/runtime/instant';
import type { LeaseTiming } from './policy.ts';

/** The canonical targets of a request, in the order in which leases are taken. */
export function targetsOf(requested: Requested): readonly Target[] {
  const { resolution } = requested;
  if (resolution.status !== 'resolved') return [];
  const targets = resolution.targets.map((each) => each.target);
  return targets.sort((a, b) => (targetId(a) < targetId(b) ? -1 : 1));
}

/** What becomes of a lease that is closing, from what stands about its remediation. Pure; `now` in ms. */
export type ClosingStep =
  | { readonly kind: 'wait'; readonly untilMs: number }
  | { readonly kind: 'complete'; readonly fact: Complete };

/**
 * Nothing started: expired, and no budget is spent. The executor's own word, unless it is `unknown`, stands. Else
 * the quarantine has to pass first: until then a call that nobody hears of any more may still take effect.
 */
export function closingStep(
  record: RemediationRecord,
  closingAtMs: number,
  timing: LeaseTiming,
  now: number,
): ClosingStep {
  const finished = record.finished?.body;
  if (finished && !mayStillAct(record.requested.body, finished)) {
    return { kind: 'complete', fact: completeFrom(record.requested.body, finished, now) };
  }
  const started = record.steps.flatMap((step) => (step.started ? [step.started.body] : []));
  if (started.length === 0 && !finished) {
    const { engine } = record.requested.body;
    const message = `the lease ran out before the executor of the engine ${engine} started anything; nothing was done. Check that it runs, then ask again`;
    return {
      kind: 'complete',
      fact: completeFrom(record.requested.body, { outcome: 'expired', message }, now),
    };
  }
  const settleMs = Math.max(0, ...started.map((fact) => fact.settle_seconds * 1_000));
  const untilMs = closingAtMs + timing.quarantineMs + settleMs;
  if (now < untilMs) return { kind: 'wait', untilMs };
  if (finished) return { kind: 'complete', fact: completeFrom(record.requested.body, finished, now) };
  const message = 'a step was started and its end was never told; look at the target before asking again';
  const effects = started
    .filter(({ evidence, action }) => !('withheld' in evidence) && !readsOnly(action))
    .map(({ target }) => ({ target, verified: false }));
  const lost = {
    outcome: 'unknown',
    message,
    reached_docker: true,
    execution_log: logOf(record),
    effects,
  } as const;
  return { kind: 'complete', fact: completeFrom(record.requested.body, lost, now) };
}

type End = Pick<Complete, 'outcome' | 'message'> &
  Partial<Pick<Complete, 'reason' | 'reached_docker' | 'execution_log' | 'effects'>>;

/** The terminal fact of an approved remediation. */
export function completeFrom(requested: Requested, end: End, now: number): Complete {
  return {
    type: 'complete',
    ...headOf(requested, toInstant(now)),
    outcome: end.outcome,
    message: end.message,
    ...(end.reason === undefined ? {} : { reason: end.reason }),
    reached_docker: end.reached_docker ?? false,
    execution_log: end.execution_log ?? [],
    ...(end.effects ? { effects: end.effects } : {}),
    targets: [...targetsOf(requested)],
  };
}

function logOf(record: RemediationRecord): LogEntry[] {
  return record.steps.flatMap(({ started, executed, verified }, index) => {
    const fact = executed?.body ?? started?.body;
    if (!fact) return [];
    const status = executed?.body.status ?? 'unknown';
    const verdict = verified?.body.verdict;
    return [
      {
        step: index + 1,
        action: fact.action,
        status,
        result: executed?.body.result ?? {},
        ...(verdict ? { verdict } : {}),
      },
    ];
  });
}

/**
 * Is it unknown of any step whether it was done, so that its call may still take effect? Also of one that the plan went on
 * after. What an endpoint was asked for, and what only reads, acts on nothing that others are kept away from.
 */
export function mayStillAct({ plan }: Requested, { outcome, execution_log: log }: Finished): boolean {
  if (outcome === 'unknown') return true;
  return log.some(({ step, action, status }) => {
    const target = plan?.steps.find(({ n }) => n === step)?.target;
    return status === 'unknown' && target?.kind !== 'endpoint' && !readsOnly(action);
  });
}

/** Can nothing come of any of its steps, heard of or not? */
export function isDiagnostic({ plan }: Requested): boolean {
  return plan?.steps.every(({ action }) => readsOnly(action)) === true;
}

/** When a lease began to close; a lease without the mark begins now. */
export function closingSince(closingAt: string | undefined, now: number): number {
  return closingAt === undefined ? now : fromInstant(closingAt);
}
