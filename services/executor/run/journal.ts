/**
 * Guarantee: each fact of a run is stated once, whoever else states it too; what is returned is what stands. A claim
 * is `mine` for one run of one process only, not for a later run of the same one.
 */
import type { Bus } from '#libs/bus/bus';
import { readFact, stateFact } from '#libs/bus/fact';
import { readStep } from '#libs/bus/remediation-record';
import {
  completeSchema,
  type Executed,
  executedSchema,
  type Finished,
  finishedSchema,
  type Started,
  startedSchema,
  type Verified,
  verifiedSchema,
} from '#libs/contracts/facts';
import type { Plan } from '#libs/contracts/plan';
import {
  completeSubject,
  executedSubject,
  finishedSubject,
  startedSubject,
  verifiedSubject,
} from '#libs/contracts/subjects';
import { failpoint } from '#libs/runtime/failpoint';
import type { PlanLog } from './step-log.ts';

export interface Journal {
  /** Undefined when nothing is left to do: it finished, or safety closed it. */
  read(plan: Plan): Promise<PlanLog | undefined>;
  claim(started: Started): Promise<{ readonly mine: boolean; readonly started: Started }>;
  executed(executed: Executed): Promise<Executed>;
  verified(verified: Verified): Promise<Verified>;
  finished(finished: Finished): Promise<Finished>;
}

/** The journal of one run. Stating goes on through time-outs until `stopping` aborts. */
export function openJournal(bus: Bus, id: string, stopping: AbortSignal): Journal {
  const ours: Bus = { ...bus, nonce: bus.newNonce() };
  return {
    read: async (plan) => {
      const [finished, complete, steps] = await Promise.all([
        readFact(bus, finishedSubject(id), finishedSchema),
        readFact(bus, completeSubject(id), completeSchema),
        Promise.all(plan.steps.map((step) => readStep(bus, id, step.n))),
      ]);
      if (finished || complete) return undefined;
      return new Map(
        plan.steps.map((step, at) => {
          const { started, executed, verified } = steps[at] ?? {};
          return [step.n, { started: started?.body, executed: executed?.body, verified: verified?.body }];
        }),
      );
    },
    claim: async (started) => {
      const stated = await stateFact(ours, startedSubject(id, started.n), startedSchema, started, stopping);
      return { mine: stated.kind === 'stored' || stated.mine, started: stated.body };
    },
    executed: async (executed) => {
      const subject = executedSubject(id, executed.n);
      const stated = await stateFact(ours, subject, executedSchema, executed, stopping);
      failpoint('executed-stored');
      return stated.body;
    },
    verified: async (verified) => {
      const subject = verifiedSubject(id, verified.n);
      const stated = await stateFact(ours, subject, verifiedSchema, verified, stopping);
      failpoint('verified-stored');
      return stated.body;
    },
    finished: async (finished) => {
      failpoint('finished-before');
      const stated = await stateFact(ours, finishedSubject(id), finishedSchema, finished, stopping);
      failpoint('finished-stored');
      return stated.body;
    },
  };
}
