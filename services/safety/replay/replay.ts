import type { Complete, Requested } from '#libs/contracts/facts';
import type { GateVerdict } from '#libs/contracts/gates';
import type { Assumed, ReplayVerdict } from '#libs/contracts/replay';
import { fromInstant } from '#libs/runtime/instant';
import { targetsOf } from '../closing.ts';
import { decide } from '../decide.ts';
import type { Policy } from '../policy.ts';
import { seatsOf } from '../seats.ts';
import { refusedAsExpired, refusedOutright } from '../unresolved.ts';
import { type AssumedEnd, assumeEnds } from './assumed-end.ts';
import type { Decision, Happening, History } from './history.ts';
import { inOrderOfSight } from './order-of-sight.ts';
import { breath, retell } from './rebuild.ts';
import { openWorld, type World } from './world.ts';

export type ReplayOptions = {
  /** What was in force up to `sinceMs`, and what is tried from there on. */
  readonly before: Policy;
  readonly policy: Policy;
  /** Only decisions from here on, to there (both inclusive, ms since the epoch), are made again. */
  readonly sinceMs: number;
  readonly untilMs: number;
};

/** One recorded request, decided again. */
export type Redecided = {
  readonly sequence: number;
  readonly requested: Requested;
  readonly decision: Decision;
  readonly was: ReplayVerdict;
  readonly wouldBe: ReplayVerdict;
  readonly change: 'none' | 'approved' | 'refused' | 'other_reason';
  /** The gates that would refuse. */
  readonly gates: readonly GateVerdict[];
  readonly assumed: Assumed | null;
};

/**
 * Decides every recorded request of a time again, at its own instant and on the cells as they would have been. What is
 * decided as it was keeps its recorded end; what was approved and would be refused leaves no trace; what was refused
 * and would be approved ends as `assumeEnds` says. Requests come at the instants at which they came.
 */
export function* replaying(
  history: History,
  { before, policy, sinceMs, untilMs }: ReplayOptions,
): Generator<void, readonly Redecided[]> {
  const world = openWorld();
  const assumeEnd = assumeEnds(history);
  const redecided: Redecided[] = [];
  let waiting: readonly AssumedEnd[] = [];
  let done = 0;
  for (const happening of inOrderOfSight(history)) {
    const at = fromInstant(happening.at);
    const due = waiting.filter(({ atMs }) => atMs <= at);
    for (const { complete } of due) world.settle(complete, policy);
    if (due.length > 0) waiting = waiting.filter(({ atMs }) => atMs > at);
    done += 1;
    if (done % breath === 0) yield;

    if (at < sinceMs) retell(world, history, happening, before);
    else if (happening.kind !== 'decided') retell(world, history, happening, policy);
    else if (at <= untilMs) {
      const requested = history.requests.get(happening.decision.id);
      if (!requested) continue;
      const again = decideAgain(world, requested, happening, policy);
      const end = again.change === 'approved' && !happening.decision.dryRun && assumeEnd(requested, at);
      if (end) waiting = [...waiting, end].toSorted((a, b) => a.atMs - b.atMs);
      redecided.push({ ...again, assumed: end ? end.assumed : null });
    }
  }
  return redecided;
}

type Decided = Extract<Happening, { readonly kind: 'decided' }>;

function decideAgain(
  world: World,
  requested: Requested,
  { decision, sequence, at: instant }: Decided,
  policy: Policy,
): Omit<Redecided, 'assumed'> {
  const at = fromInstant(instant);
  const was = verdictOf(decision.verdict, decision.refusal);
  const outright = refusedOutright(requested, at) ?? refusedAsExpired(requested, at);
  const base = { sequence, requested, decision, was };
  if (outright) {
    const wouldBe = verdictOf('refused', outright);
    return { ...base, wouldBe, change: changeOf(was, wouldBe), gates: [] };
  }
  const targets = targetsOf(requested);
  const read = targets.map((target) => ({ cell: world.cellOf(target), revision: 0 }));
  const verdict = decide(seatsOf(requested, targets, read), world.control(), policy, at);
  const approved = verdict.kind === 'approve';
  if (!decision.dryRun && approved) world.grant(requested, policy, at, decision.epochs);
  if (!decision.dryRun && !approved) world.count(requested, policy, at);
  const wouldBe = approved ? verdictOf('approved', undefined) : verdictOf('refused', verdict.refusal);
  const gates = verdict.gates.filter(({ pass }) => !pass);
  return { ...base, wouldBe, change: changeOf(was, wouldBe), gates };
}

type Reason = Partial<Pick<Complete, 'message'>> & Omit<ReplayVerdict, 'verdict' | 'message'>;

function verdictOf(verdict: ReplayVerdict['verdict'], why: Reason | undefined): ReplayVerdict {
  if (verdict === 'approved' || !why) return { verdict };
  const { reason, message, allowed_at } = why;
  return {
    verdict,
    ...(reason === undefined ? {} : { reason }),
    ...(message === undefined ? {} : { message }),
    ...(allowed_at === undefined ? {} : { allowed_at }),
  };
}

function changeOf(was: ReplayVerdict, wouldBe: ReplayVerdict): Redecided['change'] {
  if (was.verdict !== wouldBe.verdict) return wouldBe.verdict;
  return was.reason === wouldBe.reason ? 'none' : 'other_reason';
}
