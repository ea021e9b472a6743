import { nth, withCell, withSafety } from './change.ts';
import { ending } from './ending.ts';
import type { Safety, State } from './state.ts';
import { factsOf, nameOf, type Step, targetsOf, type World } from './step.ts';

/** services/safety/ending.ts, finish. */
export function finish(world: World, state: State, who: number, id: number): readonly Step[] {
  const { finished, complete } = factsOf(state, id);
  if (!finished) return [];
  const label = `S${who} takes finished ${nameOf(id)}: ${finished}`;
  const to = (next: Safety): readonly Step[] => [{ label, next: withSafety(state, who, next) }];
  if (finished !== 'unknown' || !world.rules.unknownFinishCloses) {
    return to({ at: 'completing', id, errand: 'finished', outcome: finished });
  }
  if (!complete) return to({ at: 'closing', id, errand: 'finished', next: 0 });
  return world.rules.settledAfterDuplicate
    ? [{ label, next: ending(world, state, who, id, 'finished', complete) }]
    : to({ at: 'acking', id, errand: 'finished' });
}

/** services/safety/sweep.ts: a lease may be over its deadline, or found to be closing, at any time. */
export function sweep(world: World, state: State, who: number, id: number): readonly Step[] {
  const own = state.cells.flatMap(({ lease }) => (lease?.id === id ? [lease] : []));
  if (own.length === 0) return [];
  if (!world.rules.closingBeforeReading || own.every((lease) => lease.closing)) {
    return examine(world, state, who, id);
  }
  const label = `S${who} finds that the time of ${nameOf(id)} is over`;
  const next = withSafety(state, who, { at: 'closing', id, errand: 'sweep', next: 0 });
  return [{ label, next }];
}

/** services/safety/cell.ts, closeLease, at one target. */
export function close(
  world: World,
  state: State,
  who: number,
  { id, errand, next }: Extract<Safety, { at: 'releasing' | 'closing' }>,
): readonly Step[] {
  const targets = targetsOf(world, id);
  const target = nth(targets, next);
  const { lease } = nth(state.cells, target);
  const own = lease?.id === id && !lease.closing;
  const label = `S${who} closes the lease of ${target} for ${nameOf(id)}${own ? '' : ' [nothing to do]'}`;
  const closed = own ? withCell(state, target, { lease: { ...lease, closing: true } }) : state;
  if (next + 1 < targets.length) {
    return [{ label, next: withSafety(closed, who, { at: 'closing', id, errand, next: next + 1 }) }];
  }
  const after: Safety = errand === 'sweep' ? { at: 'examining', id } : { at: 'acking', id, errand };
  return [{ label, next: withSafety(closed, who, after) }];
}

/** services/safety/ending.ts, close, after the closing; services/safety/closing.ts, closingStep. */
export function examine(world: World, state: State, who: number, id: number): readonly Step[] {
  const { rules } = world;
  const { decided, started, finished, complete } = factsOf(state, id);
  const label = (what: string): string => `S${who} reads what stands of ${nameOf(id)}: ${what}`;
  const to = (what: string, next: Safety): readonly Step[] => [
    { label: label(what), next: withSafety(state, who, next) },
  ];
  if (complete) {
    return rules.settledAfterDuplicate
      ? [{ label: label('it is complete'), next: ending(world, state, who, id, 'sweep', complete) }]
      : to('it is complete', { at: 'idle' });
  }
  if (decided?.verdict === 'refused' && rules.refusalIsAnEnd) {
    const next: Safety = rules.sweepTellsFirst
      ? { at: 'telling', id, errand: 'sweep', outcome: null }
      : { at: 'releasing', id, errand: 'sweep', next: 0 };
    return to('it was refused', next);
  }
  if (!decided && rules.undecidedEndsAsRefusal) {
    return to('nothing was decided', { at: 'refusing', id, errand: 'sweep' });
  }
  const completing = { at: 'completing', id, errand: 'sweep' } as const;
  if (finished && finished !== 'unknown') return to('it finished', { ...completing, outcome: finished });
  if (!started && !finished) return to('nothing was started', { ...completing, outcome: 'expired' });
  if (rules.quarantineBeforeUnknown && mayStillHappen(state, id)) return to('wait', { at: 'idle' });
  return to('nobody knows', { ...completing, outcome: 'unknown' });
}

/**
 * What the quarantine waits out. Assumed is that no process pauses between its look at the lease and its call, and no
 * engine delays a call, for longer than that. Nothing else in this model assumes anything about time.
 */
function mayStillHappen(state: State, id: number): boolean {
  const calling = state.executors.some((each) => each.at === 'calling' && each.id === id);
  return calling || nth(state.remediations, id).calls > 0;
}
