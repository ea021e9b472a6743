import { nth } from './change.ts';
import { spentBy } from './ending.ts';
import type { State } from './state.ts';
import { factsOf, nameOf, targetsOf, type World } from './step.ts';

/** What must never be. Each is a word that tests name, and what it means. */
export function harmOf(world: World, before: State, state: State): string | null {
  for (let id = 0; id < state.remediations.length; id += 1) {
    if (state.remediations[id] === before.remediations[id] && state.cells === before.cells) continue;
    const harm =
      toRemediation(state, id) ?? underLease(world, before, state, id) ?? toBudgets(world, state, id);
    if (harm !== undefined) return harm;
  }
  return toTheInbox(world, state) ?? toTheQuiet(world, state) ?? null;
}

function toRemediation(state: State, id: number): string | undefined {
  const { facts, calls, effects, misses } = nth(state.remediations, id);
  const { decided, refused, executed, finished, complete } = facts;
  const I = nameOf(id);
  const acted = calls + effects > 0;
  if (calls + effects + misses > 1) return `TWICE: two calls for ${I}`;
  if (decided?.verdict === 'approved' && refused) return `BOTH: ${I} is approved and refused`;
  if (decided?.verdict === 'refused' && complete) return `ENDS: ${I} is refused, and complete: ${complete}`;
  if (!decided && complete) return `ENDS: ${I} is complete: ${complete}, and was never decided`;
  if (executed && finished && executed !== finished)
    return `LOG: ${I} executed ${executed}, and finished ${finished}`;
  for (const said of [executed, finished, complete]) {
    if (said === 'expired' && acted) return `LIE: ${I} is said to have been left alone, and was acted upon`;
    if (said === 'recovered' && effects === 0) return `LIE: ${I} is said to be done, and nothing was`;
    if (said === 'replaced' && !acted && misses === 0)
      return `LIE: ${I} is said to be done, and nobody called`;
  }
  return undefined;
}

/** An approval and an effect stand under the leases of their remediation, and nothing else. */
function underLease(world: World, before: State, state: State, id: number): string | undefined {
  const own = targetsOf(world, id).every((target) => nth(state.cells, target).lease?.id === id);
  if (own) return undefined;
  const [was, is] = [nth(before.remediations, id), nth(state.remediations, id)];
  if (is.effects > was.effects)
    return `OVERLAP: the effect of ${nameOf(id)} comes when its lease is another's or nobody's`;
  const approved = is.facts.decided?.verdict === 'approved' && was.facts.decided === null;
  return approved ? `UNLEASED: ${nameOf(id)} is approved without its leases` : undefined;
}

/** What the cells have counted is what the terminal fact says, once. */
function toBudgets(world: World, state: State, id: number): string | undefined {
  const facts = factsOf(state, id);
  const right = facts.complete ? spentBy(facts, facts.complete) : { attempt: 0, rest: 0 };
  const wrong = targetsOf(world, id).some((target, at) => {
    const { attempts, rests } = nth(state.cells, target);
    const most = at === 0 ? right : { attempt: 0, rest: 0 };
    return nth(attempts, id) > most.attempt || nth(rests, id) > most.rest;
  });
  if (!wrong) return undefined;
  return facts.complete === 'replaced'
    ? `BLAME: what was done for ${nameOf(id)} is counted against the container that has its name now`
    : `BUDGET: the budgets were charged for ${nameOf(id)} otherwise than its end says`;
}

function toTheInbox({ bounds }: World, state: State): string | undefined {
  const ids = state.remediations.filter(({ facts }) => facts.requested).length;
  return bounds.throughInbox && ids > 1 ? 'IDS: one message of the inbox became two remediations' : undefined;
}

/** When everybody rests and every message is acknowledged, no lease may be left that only its deadline ends. */
function toTheQuiet({ bounds }: World, state: State): string | undefined {
  if (!isQuiet(state)) return undefined;
  for (const { lease } of state.cells) {
    if (!lease || lease.closing) continue;
    const { decided } = factsOf(state, lease.id);
    const I = nameOf(lease.id);
    if (decided?.verdict === 'approved')
      return `WAITS: nobody goes on with ${I}, and its target waits for a deadline`;
    const spared =
      state.faults.crashes === (bounds.faults.crashes ?? 0) &&
      state.faults.unheard === (bounds.faults.unheard ?? 0);
    if (spared) return `LEFTOVER: nothing went wrong, and ${I}, which was refused, keeps its lease`;
  }
  return undefined;
}

export function isQuiet(state: State): boolean {
  const everybody = [...state.safety, ...state.executors, ...state.gateways];
  return (
    !state.inbox &&
    state.late.length === 0 &&
    everybody.every(({ at }) => at === 'idle') &&
    state.remediations.every(
      ({ facts, acked }) =>
        (!facts.requested || acked.requested) &&
        (facts.decided?.verdict !== 'approved' || acked.decided) &&
        (!facts.finished || acked.finished),
    )
  );
}

/** Where everything may rest for ever: every remediation has its one end, settled and told. */
export function isGood(world: World, state: State): boolean {
  if (!isQuiet(state) || state.cells.some(({ lease }) => lease !== null)) return false;
  return state.remediations.every(({ facts, told, calls }, id) => {
    if (!facts.requested) return true;
    if (calls > 0 || !told) return false;
    if (facts.decided?.verdict === 'refused' || facts.refused) return facts.complete === null;
    if (!facts.complete) return false;
    const { attempts, rests } = nth(state.cells, nth(targetsOf(world, id), 0));
    const { attempt, rest } = spentBy(facts, facts.complete);
    return nth(attempts, id) === attempt && nth(rests, id) === rest;
  });
}
