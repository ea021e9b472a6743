/**
 * Guarantee: only who claimed a step by stating `started` ever acts for it, once, and everyone else only looks. Every
 * end of a step is claimed before it is stated, also that nothing is done, so that no other process can act meanwhile.
 */
import { z } from 'zod';
import { endpointCallText } from '#libs/actions/endpoint-port';
import { callText } from '#libs/actions/engine-port';
import { headOf } from '#libs/contracts/fact-head';
import type { Executed, Started } from '#libs/contracts/facts';
import { longerLook } from '#libs/contracts/healthcheck';
import type { Step } from '#libs/contracts/plan';
import { replicasWantedSchema } from '#libs/contracts/rpc';
import type { Details } from '#libs/contracts/scalars';
import { failpoint } from '#libs/runtime/failpoint';
import { fromInstant, toInstant } from '#libs/runtime/instant';
import { callOnce } from './call-once.ts';
import { type Act, type Intent, intentOf, type Withheld } from './intent.ts';
import { type Found, observe } from './observe.ts';
import { type Run, Stopping } from './running.ts';
import type { Move, StepLog } from './step-log.ts';
import { verify } from './verify.ts';

/** Makes one move. Resolves to what then stands about its step. */
export async function makeMove(run: Run, move: Exclude<Move, { kind: 'finish' }>): Promise<StepLog> {
  switch (move.kind) {
    case 'begin':
      return begin(run, move.step);
    case 'recover':
      return { started: move.started, executed: await recover(run, move.step, move.started) };
    case 'skip':
      return { executed: await stateExecuted(run, move.step, skipped, run.context.bus.clock.now()) };
    case 'verify':
      return verifyStep(run, move.step, move.log);
  }
}

async function begin(run: Run, step: Step): Promise<StepLog> {
  const { context, approved, journal } = run;
  const { clock } = context.bus;
  const intent = await intentOf(context, approved, step);
  if (context.stopping.aborted) throw new Stopping('the executor stops');
  failpoint('intent-before');
  const claim = await journal.claim(startedBy(run, step, intent));
  const { started } = claim;
  if (!claim.mine) return { started };
  failpoint('intent-stored');
  const beganAt = clock.now();
  const found = intent.kind === 'act' ? await act(run, intent, started) : notDone(intent);
  return { started, executed: await stateExecuted(run, step, found, beganAt) };
}

async function act(run: Run, intent: Act, started: Started): Promise<Found> {
  const answer = await callOnce(run, intent);
  switch (answer.kind) {
    case 'done':
      return { status: answer.status, reached_docker: true, observed: false, result: answer.result };
    case 'not_called':
      return notDone({ status: 'not_started', error: answer.error });
    case 'failed':
      return {
        ...nothingHeard,
        status: 'failed',
        reached_docker: answer.reached,
        error: answer.error,
        result: answer.result ?? {},
      };
    case 'unheard': {
      run.context.bus.log.warn({ reason: answer.error.message }, 'no answer; looking at the patient instead');
      const found = await observe(run.context, started);
      if (!found.error) return found;
      const message = `${answer.error.message} ${found.error.message}`;
      return { ...found, error: { ...found.error, message } };
    }
  }
}

async function recover(run: Run, step: Step, started: Started): Promise<Executed> {
  const withheld = withheldSchema.safeParse(started.evidence);
  if (!withheld.success) {
    run.context.bus.log.info({ step: step.n }, 'somebody else began this step; looking at the patient');
  }
  const found = withheld.success ? notDone(withheld.data.withheld) : await observe(run.context, started);
  return stateExecuted(run, step, found, fromInstant(started.at));
}

async function verifyStep(run: Run, step: Step, log: StepLog): Promise<StepLog> {
  if (step.verify === null) return log;
  const { bus } = run.context;
  const beganAt = bus.clock.now();
  const before = log.started?.evidence.started_at;
  const replicas = replicasWantedSchema.safeParse(log.started?.evidence.replicas_wanted);
  const opinion = await verify(run.context, {
    target: step.target,
    bound: step.bound,
    expectation: step.verify,
    started_before: typeof before === 'string' ? before : null,
    ...(replicas.success ? { replicas: replicas.data } : {}),
  });
  const now = bus.clock.now();
  const verified = await run.journal.verified({
    type: 'verified',
    ...headOf(run.approved, toInstant(now)),
    n: step.n,
    ...opinion,
    // The clock may have been set back meanwhile.
    duration_ms: Math.max(0, now - beganAt),
  });
  return { ...log, verified };
}

function startedBy(run: Run, step: Step, intent: Intent): Started {
  const base = {
    type: 'started' as const,
    ...headOf(run.approved, toInstant(run.context.bus.clock.now())),
    n: step.n,
    action: step.action,
    target: step.target,
  };
  if (intent.kind === 'withhold') {
    const { status, error } = intent;
    return { ...base, evidence: { withheld: { status, error } }, settle_seconds: 0, calls: [] };
  }
  const { prepared } = intent;
  const longer =
    step.verify && intent.on === 'container' ? longerLook(step.verify, intent.patient.reading) : undefined;
  return {
    ...base,
    evidence: { ...before(intent), ...prepared.evidence },
    settle_seconds: prepared.settle_seconds,
    ...(longer ? { look_seconds: longer.seconds } : {}),
    calls: callsOf(intent),
  };
}

const before = (intent: Act): Details =>
  intent.on === 'container'
    ? {
        container_name: intent.patient.container_name,
        before: intent.patient.reading,
        ...(intent.action.endsRun ? { network_dependents: intent.patient.network_dependents } : {}),
        ...(intent.logs_tail === undefined ? {} : { logs_tail: intent.logs_tail }),
      }
    : {};

const callsOf = (intent: Act): string[] =>
  intent.on === 'endpoint'
    ? intent.prepared.calls.map(endpointCallText)
    : intent.prepared.calls.map(callText);

function stateExecuted(run: Run, step: Step, found: Found, beganAt: number): Promise<Executed> {
  const now = run.context.bus.clock.now();
  return run.journal.executed({
    type: 'executed',
    ...headOf(run.approved, toInstant(now)),
    n: step.n,
    action: step.action,
    ...found,
    duration_ms: Math.max(0, now - beganAt),
  });
}

const nothingHeard = { reached_docker: false, observed: false, result: {} };
const skipped: Found = { ...nothingHeard, status: 'skipped' };
const notDone = ({ status, error }: Pick<Withheld, 'status' | 'error'>): Found => ({
  ...nothingHeard,
  status,
  error,
});

const withheldSchema = z.object({
  withheld: z.object({
    status: z.enum(['failed', 'not_applicable', 'not_started']),
    error: z.object({ code: z.string(), message: z.string() }),
  }),
});
