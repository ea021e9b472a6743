import { z } from 'zod';
import { readsOnly } from '#libs/actions/catalogue';
import { type ReplacedBy, replacedBySchema } from '#libs/contracts/bound';
import type { Effect, Executed, Finished, LogEntry } from '#libs/contracts/facts';
import type { Plan, Step } from '#libs/contracts/plan';
import { targetId } from '#libs/contracts/target';
import { type Aftermath, aftermathOf } from './aftermath.ts';
import { endsPlan, type PlanLog, type StepLog } from './step-log.ts';

export type End = Pick<
  Finished,
  'outcome' | 'message' | 'reason' | 'reached_docker' | 'execution_log' | 'effects'
>;
type Verdict = Pick<End, 'outcome' | 'message' | 'reason'>;

type Done = Pick<StepLog, 'started' | 'verified'> & {
  readonly step: Step;
  readonly executed: Executed;
  readonly aftermath: Aftermath;
};

/** How a plan ended, from what stands about its steps. */
export function endOf(plan: Plan, log: PlanLog): End {
  const done = plan.steps.flatMap((step) => doneOf(step, log.get(step.n)));
  const reachedDocker = done.some(({ executed }) => executed.reached_docker);
  const verdict = verdictOn(done, reachedDocker);
  return {
    ...verdict,
    message: [verdict.message, ...done.flatMap(({ aftermath }) => aftermath.sentences)].reduce(
      (before, sentence) => `${before.replace(/\.$/, '')}. ${sentence}`,
    ),
    reached_docker: reachedDocker,
    execution_log: done.map(logEntry),
    effects: effectsOf(done, verdict.outcome),
  };
}

/** Each target that was acted upon, once: was the patient seen to be well in the end? What has nothing to verify is not told, nor what only reads. */
function effectsOf(done: readonly Done[], outcome: End['outcome']): Effect[] {
  const effects = new Map<string, Effect>();
  for (const { step, executed, ...seen } of done) {
    const unverifiable = step.verify === null && executed.status === 'success';
    const hadNoEffect = !executed.reached_docker || executed.status === 'skipped' || readsOnly(step.action);
    // What took its place was not acted upon, and what was cannot be judged any more.
    if (hadNoEffect || unverifiable || replacedIn({ executed, ...seen })) continue;
    const verified = step.verify !== null && outcome === 'recovered';
    const vain = verified ? 0 : inVainSeconds(seen);
    effects.set(targetId(step.target), {
      target: step.target,
      verified,
      ...(vain > 0 ? { back_off_seconds: vain } : {}),
    });
  }
  return [...effects.values()];
}

/** How long a look took that could not tell, or would have if nothing had gone wrong; 0: it could tell. */
function inVainSeconds({ started, verified }: Pick<StepLog, 'started' | 'verified'>): number {
  if (verified?.verdict !== 'inconclusive') return 0;
  return Math.max(started?.look_seconds ?? 0, Math.ceil(verified.duration_ms / 1_000));
}

function doneOf(step: Step, log: StepLog | undefined): Done[] {
  return log?.executed ? [{ ...log, step, executed: log.executed, aftermath: aftermathOf(log) }] : [];
}

function verdictOn(done: readonly Done[], reachedDocker: boolean): Verdict {
  const ended = done.find(({ step, executed }) => endsPlan(step, executed));
  if (ended) return unsuccessful(ended.executed, reachedDocker);
  const acted = done.filter(({ executed }) => executed.status === 'success');
  const last = acted.findLast(({ verified }) => verified) ?? acted.at(-1);
  if (!last) return nothingDone(done);
  const what = detailsOf(last.executed);
  const expected = last.step.verify?.state ?? 'well';
  switch (last.verified?.verdict) {
    case undefined:
      return { outcome: 'executed', message: what };
    case 'healthy':
      return { outcome: 'recovered', message: `${what} and ${expected}` };
    case 'unhealthy':
      return { outcome: 'ineffective', message: `${what}, but not well: ${last.verified.message}` };
    case 'inconclusive':
      return {
        outcome: 'inconclusive',
        message: `${what}; whether that helped could not be told: ${last.verified.message}`,
        ...(replacedIn(last) ? { reason: 'replaced' } : {}),
      };
  }
}

/** Nothing was to be done, or all that was tried went wrong without ending the plan. */
function nothingDone(done: readonly Done[]): Verdict {
  const failed = done.findLast(({ executed }) => executed.error !== undefined);
  if (failed) return { outcome: 'failed', message: failed.executed.error?.message ?? '' };
  const skipped = done.findLast(({ executed }) => typeof executed.result.details === 'string');
  const message = skipped ? detailsOf(skipped.executed) : 'No step of the plan applied';
  return { outcome: 'not_applicable', message };
}

function unsuccessful(executed: Executed, reachedDocker: boolean): Verdict {
  const said = {
    message: executed.error?.message ?? detailsOf(executed),
    ...(executed.error ? { reason: executed.error.code } : {}),
  };
  switch (executed.status) {
    case 'unknown':
      return { outcome: 'unknown', ...said };
    case 'not_applicable':
      return { outcome: 'not_applicable', ...said };
    case 'not_started':
      // Steps before it may have acted: then this is no request that came too late, but one that was cut short.
      return { outcome: reachedDocker ? 'failed' : 'expired', ...said };
    default:
      return { outcome: replacedIn({ executed }) ? 'inconclusive' : 'failed', ...said };
  }
}

function logEntry({ step, executed, verified, aftermath }: Done): LogEntry {
  const replaced_by = replacedIn({ executed, verified });
  return {
    step: step.n,
    action: step.action,
    status: executed.status,
    result: { ...executed.result, ...aftermath.members },
    ...(executed.error ? { error: executed.error.message } : {}),
    ...(verified ? { verdict: verified.verdict } : {}),
    ...(replaced_by ? { replaced_by } : {}),
  };
}

const seenSchema = z.object({ replaced_by: replacedBySchema.optional() });
const looksSchema = z.object({ container: seenSchema.optional(), now: seenSchema.optional() });

/** Who had the name of the patient when it was looked at, to verify it or because the engine refused the call. */
function replacedIn({ executed, verified }: Pick<Done, 'executed' | 'verified'>): ReplacedBy | undefined {
  const looks = [verified?.readings, executed.result].map((each) => looksSchema.safeParse(each).data);
  return looks.map((look) => (look?.container ?? look?.now)?.replaced_by).find((by) => by !== undefined);
}

function detailsOf({ result, action }: Executed): string {
  return typeof result.details === 'string' ? result.details : `${action} done`;
}
