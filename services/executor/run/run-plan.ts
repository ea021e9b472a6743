/**
 * Guarantee: may be run any number of times, by any number of processes at once. All that was done stands in the
 * stream before the next thing is begun, and from that alone each run knows where to go on.
 */
import type { Span } from '@opentelemetry/api';
import { headOf } from '#libs/contracts/fact-head';
import type { Approved } from '#libs/contracts/facts';
import { targetId } from '#libs/contracts/target';
import { toInstant } from '#libs/runtime/instant';
import { inSpan } from '#libs/runtime/tracing';
import { openJournal } from './journal.ts';
import { endOf } from './outcome.ts';
import { makeMove } from './run-step.ts';
import type { ExecutorContext, Run } from './running.ts';
import { type Move, nextMove, type PlanLog, type StepLog } from './step-log.ts';

/** Runs an approved remediation to its end. Throws `Stopping` when the service stops first. */
export async function runPlan(context: ExecutorContext, approved: Approved): Promise<void> {
  const { bus } = context;
  const journal = openJournal(bus, approved.remediation_id, context.stopping);
  const run: Run = { context, approved, journal };
  let log = await journal.read(approved.plan);
  if (!log) return;
  for (let move = nextMove(approved.plan, log); move.kind !== 'finish'; move = nextMove(approved.plan, log)) {
    log = await runStep(run, move, log);
  }
  const end = endOf(approved.plan, log);
  const finished = await journal.finished({
    type: 'finished',
    ...headOf(approved, toInstant(bus.clock.now())),
    ...end,
  });
  bus.log.info({ outcome: finished.outcome }, `finished: ${finished.message}`);
}

type StepMove = Exclude<Move, { kind: 'finish' }>;

/** All moves of one step, under one span. */
function runStep(run: Run, first: StepMove, before: PlanLog): Promise<PlanLog> {
  const { step } = first;
  const attributes = { 'hemostat.step': step.n, 'hemostat.target': targetId(step.target) };
  return inSpan(run.context.bus.tracer, `step ${step.action}`, { attributes }, async (span) => {
    let log = before;
    for (let move: Move = first; move.kind !== 'finish' && move.step.n === step.n; ) {
      const stands = await makeMove(run, move);
      log = new Map(log).set(step.n, stands);
      tell(run, span, move, stands);
      move = nextMove(run.approved.plan, log);
    }
    return log;
  });
}

function tell({ context }: Run, span: Span, move: StepMove, { started, executed, verified }: StepLog): void {
  const container = started?.evidence.container_id;
  if (typeof container === 'string') span.setAttribute('container.id', container);
  if (executed) span.setAttribute('hemostat.status', executed.status);
  if (verified) span.setAttribute('hemostat.verdict', verified.verdict);
  const about = { step: move.step.n, action: move.step.action, target: targetId(move.step.target) };
  if (move.kind === 'verify') {
    context.bus.log.info({ ...about, verdict: verified?.verdict }, `verified: ${verified?.message ?? ''}`);
  } else if (executed) {
    const error = executed.error === undefined ? {} : { reason: executed.error.message };
    const { status, observed, duration_ms } = executed;
    context.bus.log.info({ ...about, status, observed, duration_ms, ...error }, `executed: ${status}`);
  }
}
