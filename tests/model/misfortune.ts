import { leased } from './admitting.ts';
import {
  nth,
  withAck,
  withCell,
  withExecutor,
  withFact,
  withGateway,
  withNth,
  withRemediation,
  withSafety,
} from './change.ts';
import type { Acked, ContainerId, FactName, Facts, Faults, Late, Name, State } from './state.ts';
import { factsOf, identityOf, nameOf, type Step, type World } from './step.ts';

/** What happens around the processes: the engine carries out, messages come late, and what may go wrong does. */
export function happenings(world: World, state: State): readonly Step[] {
  return [
    ...effects(world, state),
    ...arrivals(world, state),
    ...crashes(state),
    ...lostAcks(state),
    ...renewals(world, state),
    ...replacements(state),
  ];
}

function effects(world: World, state: State): readonly Step[] {
  return state.remediations.flatMap(({ calls, effects: before, misses }, id) => {
    if (calls === 0) return [];
    const { bound, gone } = identityOf(world, state, id);
    const isGone = gone.some((each) => each === bound);
    const label = isGone
      ? `the engine knows no ${bound}`
      : `the engine carries out the call for ${nameOf(id)}`;
    const came = isGone ? { misses: misses + 1 } : { effects: before + 1 };
    return [{ label, next: withRemediation(state, id, { calls: calls - 1, ...came }) }];
  });
}

function arrivals({ rules }: World, state: State): readonly Step[] {
  return state.late.flatMap((each, at) => {
    const rest = { ...state, late: state.late.filter((_, n) => n !== at) };
    const label = `what was on its way (${each.fact} ${nameOf(each.id)})`;
    const stored =
      each.fact === 'lease' ? leaseArrived(rest, each) : factArrived(rest, each, rules.factStatedOnce);
    return [
      { label: `${label} is lost`, next: rest },
      ...(stored === rest ? [] : [{ label: `${label} arrives`, next: stored }]),
    ];
  });
}

function leaseArrived(state: State, late: Extract<Late, { fact: 'lease' }>): State {
  return late.fresh ? leased(state, late.id, late.target) : state;
}

function factArrived(state: State, late: Exclude<Late, { fact: 'lease' }>, once: boolean): State {
  const { id, fact, value }: { id: number; fact: FactName; value: Facts[FactName] } = late;
  return once && factsOf(state, id)[fact] ? state : withFact(state, id, fact, value);
}

function spend(state: State, fault: keyof Faults): State {
  return { ...state, faults: { ...state.faults, [fault]: state.faults[fault] - 1 } };
}

function crashes(state: State): readonly Step[] {
  if (state.faults.crashes === 0) return [];
  const spent = spend(state, 'crashes');
  const idle = { at: 'idle' } as const;
  const killed = (who: string, { at, id }: { at: string; id: number }, next: State): Step => ({
    label: `${who} is killed (${at} ${nameOf(id)})`,
    next,
  });
  return [
    ...state.safety.flatMap((each, n) =>
      each.at === 'idle' ? [] : [killed(`S${n}`, each, withSafety(spent, n, idle))],
    ),
    ...state.executors.flatMap((each, n) =>
      each.at === 'idle' ? [] : [killed(`E${n}`, each, withExecutor(spent, n, idle))],
    ),
    ...state.gateways.flatMap((each, n) =>
      each.at === 'idle' ? [] : [killed(`G${n}`, each, withGateway(spent, n, idle))],
    ),
  ];
}

const acknowledged: readonly (keyof Acked)[] = ['requested', 'decided', 'finished'];

/** A killed server forgets acknowledgements that it had confirmed. */
function lostAcks(state: State): readonly Step[] {
  if (state.faults.lostAcks === 0) return [];
  const spent = spend(state, 'lostAcks');
  return state.remediations.flatMap(({ acked }, id) =>
    acknowledged
      .filter((message) => acked[message])
      .map((message) => ({
        label: `the server forgets that ${message} ${nameOf(id)} was acknowledged`,
        next: withAck(spent, id, message, false),
      })),
  );
}

/** services/safety/progress.ts, reset.ts, and requests that are counted: writes that say nothing about the lease. */
function renewals({ rules }: World, state: State): readonly Step[] {
  if (state.faults.renewals === 0) return [];
  const spent = spend(state, 'renewals');
  return state.cells.map((_, target) => {
    const { lease } = nth(spent.cells, target);
    const renewed = lease && !rules.fenceByEpoch ? { lease: { ...lease, renewed: true } } : {};
    return { label: `somebody else writes cell ${target}`, next: withCell(spent, target, renewed) };
  });
}

/** `docker compose up` makes another one under the name, `docker rename` swaps it away and back, `docker rm` frees it. */
function replacements(state: State): readonly Step[] {
  if (state.faults.replacements === 0) return [];
  const spent = spend(state, 'replacements');
  return state.names.flatMap(({ holder, gone }, target) => {
    if (holder === null) return [];
    const other: ContainerId = holder === 1 ? 2 : 1;
    const without = [...gone, holder];
    const to = (what: string, name: Name): Step => ({
      label: `the name of ${target} ${what}`,
      next: { ...spent, names: withNth(spent.names, target, name) },
    });
    const removed = to('is free: its container is removed', { holder: null, gone: without });
    if (gone.includes(other)) return [removed];
    return [
      removed,
      to(`is given to ${other}, for which ${holder} is removed`, { holder: other, gone: without }),
      to(`is given to ${other}, and ${holder} is renamed`, { holder: other, gone }),
    ];
  });
}
