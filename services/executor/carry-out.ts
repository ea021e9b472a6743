import { consume } from '#libs/bus/consume';
import { ackWaitMs } from '#libs/bus/provision';
import { consumers, streams } from '#libs/contracts/subjects';
import { onDecided } from './decided.ts';
import type { DecisionKeys } from './decision-keys.ts';
import { runPlan } from './run/run-plan.ts';
import type { ExecutorContext } from './run/running.ts';

/** Carries out what is approved for the engine, `slots` plans at a time. Disposing waits for what is in flight. */
export function carryOutDecisions(
  context: ExecutorContext,
  keys: DecisionKeys,
  slots: number,
): AsyncDisposable {
  const { bus, engineName } = context;
  return consume(bus, {
    stream: streams.facts,
    consumer: consumers.executor(engineName),
    ackWaitMs,
    prefetch: slots,
    handle: onDecided(bus, { engineName, keys }, (approved) => runPlan(context, approved)),
  });
}
