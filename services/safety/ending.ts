/**
 * Guarantee: a remediation is settled from its stored terminal fact, never from an own opinion, and once: settling
 * changes nothing unless the lease is still this remediation's. Telling it, live and in the stream of results, is at
 * least once: where a message comes again until it is told, the leases go first; where only the leases do, they go last.
 */
import type { Bus } from '#libs/bus/bus';
import type { Handled } from '#libs/bus/consume';
import { readFact, stateFact } from '#libs/bus/fact';
import { announce } from '#libs/bus/live';
import { readRemediation, type Terminal } from '#libs/bus/remediation-record';
import {
  type Complete,
  completeSchema,
  decidedSchema,
  type Finished,
  type Requested,
  requestedSchema,
} from '#libs/contracts/facts';
import type { GateVerdict } from '#libs/contracts/gates';
import { completeChannel, completeSubject, decidedSubject, requestedSubject } from '#libs/contracts/subjects';
import { failpoint } from '#libs/runtime/failpoint';
import { fromInstant } from '#libs/runtime/instant';
import { closeLease, releaseLease, settleLease, spendsAttempt } from './cell.ts';
import { closingSince, closingStep, completeFrom, isDiagnostic, mayStillAct, targetsOf } from './closing.ts';
import type { LeaseTiming, Policy } from './policy.ts';
import { NeverRequested } from './reading-facts.ts';
import { remediationComplete } from './remediation-complete.ts';
import type { SafetyState } from './state.ts';
import { stateDecided } from './state-verdict.ts';
import { refusedAsUndecided } from './unresolved.ts';

export interface Ending {
  /** Tells of a terminal fact that stands; resolves when the stream of results has it. */
  tell(requested: Requested, terminal: Terminal): Promise<Handled>;
  /** Settles and tells an approved remediation whose terminal fact stands. */
  settle(requested: Requested, terminal: Extract<Terminal, { kind: 'complete' }>): Promise<Handled>;
  /** The executor said how it went: states the terminal fact, or begins to close when it does not know. */
  finish(finished: Finished): Promise<Handled>;
  /** One look at a lease whose time is over or that is closing. Resolves to when to look again, in ms since the epoch. */
  close(remediationId: string): Promise<number | undefined>;
}

export function createEnding(bus: Bus, state: SafetyState, policy: Policy, timing: LeaseTiming): Ending {
  const tell = async (requested: Requested, terminal: Terminal): Promise<Handled> => {
    const gates = terminal.kind === 'decided' ? terminal.fact.gates : await gatesOf(bus, requested);
    const event = remediationComplete(requested, terminal, gates);
    await announce(bus, completeChannel, event, requested.remediation_id);
    failpoint('announced');
    return 'ack';
  };

  const settleCells = async (fact: Complete): Promise<void> => {
    // By the fact's own instant, so that whoever settles, however late, settles the same.
    const at = fromInstant(fact.at);
    for (const target of fact.targets) {
      await state.change(target, (cell) => settleLease(cell, fact, policy, at));
      failpoint('cell-settled');
    }
    failpoint('settled');
  };

  const settle: Ending['settle'] = async (requested, terminal) => {
    await settleCells(terminal.fact);
    return tell(requested, terminal);
  };

  const stateComplete = async (requested: Requested, fact: Complete): Promise<Complete> => {
    failpoint('complete-before');
    const stated = await stateFact(bus, completeSubject(fact.remediation_id), completeSchema, fact);
    failpoint('complete-stored');
    if (stated.kind === 'stored') tellComplete(bus, requested, fact);
    return stated.body;
  };

  const end = async (requested: Requested, terminal: Terminal): Promise<undefined> => {
    await tell(requested, terminal);
    if (terminal.kind === 'complete') return void (await settleCells(terminal.fact));
    for (const target of targetsOf(requested)) {
      await state.change(target, (cell) => releaseLease(cell, requested.remediation_id));
    }
  };

  const beginClosing = async (requested: Requested): Promise<void> => {
    for (const target of targetsOf(requested)) {
      await state.change(target, (cell) => closeLease(cell, requested.remediation_id, bus.clock.now()));
    }
    failpoint('closing-stored');
  };

  return {
    tell,
    settle,
    finish: async (finished) => {
      const requested = await readFact(bus, requestedSubject(finished.remediation_id), requestedSchema);
      if (!requested) throw new NeverRequested('it finished, and nobody requested it');
      // What only reads has no late effect that would have to be waited for.
      if (!mayStillAct(requested.body, finished) || isDiagnostic(requested.body)) {
        const fact = completeFrom(requested.body, finished, bus.clock.now());
        return settle(requested.body, { kind: 'complete', fact: await stateComplete(requested.body, fact) });
      }
      const ended = await readFact(bus, completeSubject(finished.remediation_id), completeSchema);
      if (ended) return settle(requested.body, { kind: 'complete', fact: ended.body });
      await beginClosing(requested.body);
      return 'ack';
    },
    close: async (id) => {
      const requested = await readFact(bus, requestedSubject(id), requestedSchema);
      if (!requested) {
        bus.log.error(
          { remediation_id: id },
          'a lease belongs to a remediation that nobody requested; reset its target',
        );
        return undefined;
      }
      const [first] = targetsOf(requested.body);
      const held = first && (await state.readCell(first)).cell.lease;
      if (held?.id === id && held.state === 'held' && fromInstant(held.deadline_at) > bus.clock.now()) {
        return fromInstant(held.deadline_at);
      }
      await beginClosing(requested.body);
      const record = await readRemediation(bus, id);
      if (!record) return undefined;
      if (record.complete) return end(requested.body, { kind: 'complete', fact: record.complete.body });
      const now = bus.clock.now();
      const decided =
        record.decided?.body ??
        (await stateDecided(bus, requested.body, refusedAsUndecided(requested.body, now)));
      if (decided.verdict !== 'approved') return end(requested.body, { kind: 'decided', fact: decided });
      // It was approved since the record was read: what stands is to be read again.
      if (!record.decided) return now;
      const lease = first && (await state.readCell(first)).cell.lease;
      const since = closingSince(lease?.id === id ? lease.closing_at : undefined, now);
      const step = closingStep(record, since, timing, now);
      if (step.kind === 'wait') return step.untilMs;
      return end(requested.body, {
        kind: 'complete',
        fact: await stateComplete(requested.body, step.fact),
      });
    },
  };
}

async function gatesOf(bus: Bus, { remediation_id: id, engine }: Requested): Promise<readonly GateVerdict[]> {
  return (await readFact(bus, decidedSubject(id, engine), decidedSchema))?.body.gates ?? [];
}

/** What did not heal is a warning: it stays visible when LOG_LEVEL leaves out the everyday. */
function tellComplete({ log }: Bus, { ask }: Requested, fact: Complete): void {
  const level = spendsAttempt(fact) ? 'warn' : 'info';
  log[level](
    { container: ask.container, action: ask.action, outcome: fact.outcome },
    `${fact.outcome}: ${fact.message}`,
  );
}
