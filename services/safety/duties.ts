/**
 * Guarantee: what a replica leaves undone another one does: every message comes again until it is settled, and every lease
 * is looked after by all replicas.
 */
import type { Bus } from '#libs/bus/bus';
import { consume } from '#libs/bus/consume';
import { ackWaitMs } from '#libs/bus/provision';
import { factSchema, finishedSchema, requestedSchema } from '#libs/contracts/facts';
import { consumers, streams } from '#libs/contracts/subjects';
import { admit } from './admit.ts';
import { createEnding } from './ending.ts';
import type { LeaseTiming, Policy } from './policy.ts';
import { createPreview } from './preview.ts';
import { renewOnProgress } from './progress.ts';
import { readingFacts } from './reading-facts.ts';
import type { SignApproval } from './signing.ts';
import type { SafetyState } from './state.ts';
import { startSweep } from './sweep.ts';

export type DutySettings = {
  readonly policy: Policy;
  readonly timing: LeaseTiming;
  readonly sign: SignApproval;
};

/** Everything that safety does without being asked by a person. Disposing waits for what is in flight. */
export function takeUpDuties(
  bus: Bus,
  state: SafetyState,
  { policy, timing, sign }: DutySettings,
): AsyncDisposable {
  const stack = new AsyncDisposableStack();
  const ending = createEnding(bus, state, policy, timing);
  const admission = { bus, state, policy, timing, ending, preview: createPreview(bus), sign };
  const reading = readingFacts(bus);
  const base = { stream: streams.facts, ackWaitMs, prefetch: 256 };
  stack.use(
    consume(bus, {
      ...base,
      consumer: consumers.requests,
      handle: reading(requestedSchema, (requested) => admit(admission, requested)),
    }),
  );
  stack.use(
    consume(bus, {
      ...base,
      consumer: consumers.progress,
      handle: reading(factSchema, (fact) => renewOnProgress(bus, state, timing, fact)),
    }),
  );
  stack.use(
    consume(bus, {
      ...base,
      consumer: consumers.finished,
      handle: reading(finishedSchema, (finished) => ending.finish(finished)),
    }),
  );
  stack.use(startSweep(bus, state, ending));
  return stack;
}
