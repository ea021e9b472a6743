import { nth, withAck, withCell, withNth, withRemediation, withSafety } from './change.ts';
import type { Decided, Errand, Facts, Outcome, Safety, State } from './state.ts';
import { stating } from './stating.ts';
import { factsOf, nameOf, type Step, targetsOf, type World } from './step.ts';

/** Gone on from a verdict that stands: services/safety/state-verdict.ts, concludeWith. */
export function concluded(
  { rules }: World,
  state: State,
  who: number,
  id: number,
  errand: Errand,
  { verdict }: Decided,
): State {
  if (verdict === 'approved') {
    return withSafety(
      state,
      who,
      errand === 'sweep' ? { at: 'examining', id } : { at: 'acking', id, errand },
    );
  }
  const early = rules.ackAfterSettling ? state : acked(state, id, errand);
  const tellsFirst = errand === 'sweep' && rules.sweepTellsFirst;
  if (tellsFirst || !rules.lostLeaseReleased) {
    return withSafety(early, who, { at: 'telling', id, errand, outcome: null });
  }
  return withSafety(early, who, { at: 'releasing', id, errand, next: 0 });
}

/** Gone on from a `complete` that stands: services/safety/ending.ts, settle. */
export function ending(
  { rules }: World,
  state: State,
  who: number,
  id: number,
  errand: Errand,
  outcome: Outcome,
): State {
  const early = rules.ackAfterSettling ? state : acked(state, id, errand);
  const next: Safety =
    errand === 'sweep' && rules.sweepTellsFirst
      ? { at: 'telling', id, errand, outcome }
      : { at: 'settling', id, errand, outcome, next: 0 };
  return withSafety(early, who, next);
}

function acked(state: State, id: number, errand: Errand): State {
  return errand === 'sweep' ? state : withAck(state, id, errand, true);
}

/** services/safety/ending.ts, stateComplete and settle. */
export function complete(
  world: World,
  state: State,
  who: number,
  { id, errand, outcome }: Extract<Safety, { at: 'completing' }>,
): readonly Step[] {
  const { settledAfterDuplicate, settledFromStoredFact } = world.rules;
  const duplicate = factsOf(state, id).complete !== null;
  return stating(world, state, { who: `S${who}`, id, fact: 'complete', value: outcome }, (stated, stands) => {
    if (duplicate && !settledAfterDuplicate) return withSafety(stated, who, { at: 'acking', id, errand });
    return ending(world, stated, who, id, errand, settledFromStoredFact ? stands : outcome);
  });
}

/** services/safety/cell.ts, settleLease, at one target. What is acted upon is the first; the others get their lease back. */
export function settle(
  world: World,
  state: State,
  who: number,
  { id, errand, outcome, next }: Extract<Safety, { at: 'settling' }>,
): readonly Step[] {
  const targets = targetsOf(world, id);
  const target = nth(targets, next);
  const label = `S${who} settles ${target} for ${nameOf(id)} as ${outcome}`;
  const { lease, attempts, rests } = nth(state.cells, target);
  const counted = outcome === 'replaced' && !world.rules.replacedCountsNothing ? 'unknown' : outcome;
  const changes = lease?.id === id || !world.rules.onlyOwnLeaseSettled;
  const { attempt, rest } = next === 0 ? spentBy(factsOf(state, id), counted) : { attempt: 0, rest: 0 };
  const settled = changes
    ? withCell(state, target, {
        lease: null,
        attempts: withNth(attempts, id, nth(attempts, id) + attempt),
        rests: withNth(rests, id, nth(rests, id) + rest),
      })
    : state;
  if (next + 1 < targets.length) {
    return [
      { label, next: withSafety(settled, who, { at: 'settling', id, errand, outcome, next: next + 1 }) },
    ];
  }
  const told = errand === 'sweep' && world.rules.sweepTellsFirst;
  const after: Safety = told ? { at: 'idle' } : { at: 'telling', id, errand, outcome };
  return [{ label, next: withSafety(settled, who, after) }];
}

/** What an end costs its target: an attempt, a rest after it, or nothing. What was withheld was no attempt, nor is what another container would pay for. */
export function spentBy({ started }: Facts, outcome: Outcome): { attempt: number; rest: number } {
  const acted = started?.withheld === false;
  return { attempt: outcome === 'unknown' && acted ? 1 : 0, rest: outcome === 'recovered' ? 1 : 0 };
}

/** services/safety/cell.ts, releaseLease, at one target. */
export function release(
  world: World,
  state: State,
  who: number,
  { id, errand, next }: Extract<Safety, { at: 'releasing' | 'closing' }>,
): readonly Step[] {
  const targets = targetsOf(world, id);
  const target = nth(targets, next);
  const own = nth(state.cells, target).lease?.id === id;
  const label = `S${who} gives the lease of ${target} for ${nameOf(id)} back${own ? '' : ' [not there]'}`;
  const released = own ? withCell(state, target, { lease: null }) : state;
  if (next + 1 < targets.length) {
    return [{ label, next: withSafety(released, who, { at: 'releasing', id, errand, next: next + 1 }) }];
  }
  const told = errand === 'sweep' && world.rules.sweepTellsFirst;
  const after: Safety = told ? { at: 'idle' } : { at: 'telling', id, errand, outcome: null };
  return [{ label, next: withSafety(released, who, after) }];
}

/** services/safety/ending.ts, tell; with the acknowledgement, between which and the telling nothing depends on the order. */
export function tell(
  world: World,
  state: State,
  who: number,
  { id, errand, outcome }: Extract<Safety, { at: 'telling' }>,
): readonly Step[] {
  const told = withRemediation(state, id, { told: true });
  const label = `S${who} tells the end of ${nameOf(id)}`;
  if (errand !== 'sweep') {
    return [
      {
        label: `${label} and acks ${errand}`,
        next: withSafety(acked(told, id, errand), who, { at: 'idle' }),
      },
    ];
  }
  if (!world.rules.sweepTellsFirst) return [{ label, next: withSafety(told, who, { at: 'idle' }) }];
  const next: Safety = outcome
    ? { at: 'settling', id, errand, outcome, next: 0 }
    : { at: 'releasing', id, errand, next: 0 };
  return [{ label, next: withSafety(told, who, next) }];
}

export function ack(
  state: State,
  who: number,
  { id, errand }: Extract<Safety, { at: 'acking' }>,
): readonly Step[] {
  const next = withSafety(acked(state, id, errand), who, { at: 'idle' });
  return [{ label: `S${who} acks ${errand} ${nameOf(id)}`, next }];
}
