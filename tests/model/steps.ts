import { admit, approve, grant, look, readCell, refuse } from './admitting.ts';
import { nth } from './change.ts';
import { close, examine, finish, sweep } from './closing.ts';
import { ack, complete, release, settle, tell } from './ending.ts';
import {
  call,
  claim,
  lookAtLeases,
  observe,
  takeDecided,
  tellEnd,
  withhold,
  withoutForgotten,
} from './executing.ts';
import { harmOf } from './harm.ts';
import { happenings } from './misfortune.ts';
import { request } from './requesting.ts';
import type { State } from './state.ts';
import { factsOf, type Step, type World } from './step.ts';

/** Everything that can happen next. Whoever is idle may take up any message that is not acknowledged. */
export function stepsFrom(world: World, state: State): readonly Step[] {
  if (state.harm !== null) return [];
  const steps = [
    ...state.gateways.flatMap((_, who) => request(world, state, who)),
    ...state.safety.flatMap((_, who) => safetySteps(world, state, who)),
    ...state.executors.flatMap((_, who) => executorSteps(world, state, who)),
    ...happenings(world, state),
  ];
  return steps.map(({ label, next }) => {
    const known = withoutForgotten(next);
    return { label, next: known.harm === null ? { ...known, harm: harmOf(world, state, known) } : known };
  });
}

function safetySteps(world: World, state: State, who: number): readonly Step[] {
  const safety = nth(state.safety, who);
  switch (safety.at) {
    case 'idle':
      // The idle ones are all alike: the first of them stands for the others.
      return state.safety.findIndex(({ at }) => at === 'idle') === who ? newErrands(world, state, who) : [];
    case 'reading':
      return readCell(world, state, who, safety);
    case 'looking':
      return look(world, state, who, safety);
    case 'granting':
      return grant(world, state, who, safety);
    case 'approving':
      return approve(world, state, who, safety);
    case 'refusing':
      return refuse(world, state, who, safety);
    case 'releasing':
      return release(world, state, who, safety);
    case 'closing':
      return close(world, state, who, safety);
    case 'examining':
      return examine(world, state, who, safety.id);
    case 'completing':
      return complete(world, state, who, safety);
    case 'settling':
      return settle(world, state, who, safety);
    case 'telling':
      return tell(world, state, who, safety);
    case 'acking':
      return ack(state, who, safety);
  }
}

function newErrands(world: World, state: State, who: number): readonly Step[] {
  return state.remediations.flatMap(({ facts, acked }, id) => [
    ...(facts.requested && !acked.requested ? admit(world, state, who, id) : []),
    ...(facts.finished && !acked.finished ? finish(world, state, who, id) : []),
    ...sweep(world, state, who, id),
  ]);
}

function executorSteps(world: World, state: State, who: number): readonly Step[] {
  const executor = nth(state.executors, who);
  switch (executor.at) {
    case 'idle':
      return state.executors.findIndex(({ at }) => at === 'idle') === who ? newRuns(world, state, who) : [];
    case 'claiming':
      return claim(world, state, who, executor);
    case 'looking':
      return lookAtLeases(world, state, who, executor.id);
    case 'calling':
      return call(world, state, who, executor.id);
    case 'observing':
      return observe(world, state, who, executor.id);
    case 'withholding':
      return withhold(world, state, who, executor.id);
    case 'finishing':
      return tellEnd(world, state, who, executor);
  }
}

function newRuns(world: World, state: State, who: number): readonly Step[] {
  return state.remediations.flatMap(({ acked }, id) =>
    factsOf(state, id).decided?.verdict === 'approved' && !acked.decided
      ? takeDecided(world, state, who, id)
      : [],
  );
}
