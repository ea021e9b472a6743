import { harmed, nth, withAck, withExecutor, withFact, withRemediation } from './change.ts';
import type { Claim, Executor, Outcome, State } from './state.ts';
import { stating } from './stating.ts';
import { factsOf, identityOf, nameOf, type Step, targetsOf, type World } from './step.ts';

/** services/executor/decided.ts, then services/executor/run/journal.ts, read, and step-log.ts, nextMove: one step of a plan. */
export function takeDecided(world: World, before: State, who: number, id: number): readonly Step[] {
  const { started, executed, finished, complete } = factsOf(before, id);
  const state = world.rules.decidedAckedAfterFinished ? before : withAck(before, id, 'decided', true);
  const label = `E${who} takes decided ${nameOf(id)}`;
  const to = (what: string, next: Executor): Step => ({
    label: `${label}: ${what}`,
    next: withExecutor(state, who, next),
  });
  if (finished || complete)
    return [{ label: `${label}: it is over`, next: withAck(state, id, 'decided', true) }];
  if (executed) return [to('executed', { at: 'finishing', id, outcome: executed })];
  if (started) return [to('begun by somebody', { at: started.withheld ? 'withholding' : 'observing', id })];
  const nonce = freeNonce(state);
  const withhold: Executor = world.rules.withholdingClaimed
    ? { at: 'claiming', id, nonce, withheld: true }
    : { at: 'withholding', id };
  const { bound, holder } = identityOf(world, before, id);
  const calling = to('to be called', { at: 'claiming', id, nonce, withheld: false });
  const withholding = to('not to be called', withhold);
  if (holder === bound) return [calling, withholding];
  if (world.rules.nameStillBorne) return [withholding];
  const harm = `AWAY: ${nameOf(id)} is to be carried out although its name stands for another`;
  return [{ ...calling, next: harmed(calling.next, harm) }, withholding];
}

function freeNonce(state: State): number {
  const used = new Set([
    ...state.executors.map((each) => (each.at === 'claiming' ? each.nonce : 0)),
    ...state.remediations.map(({ facts }) => facts.started?.nonce ?? 0),
    ...state.late.map((each) => (each.fact === 'started' ? each.value.nonce : 0)),
  ]);
  let nonce = 1;
  while (used.has(nonce)) nonce += 1;
  return nonce;
}

/** A nonce that no run remembers is as good as any other. */
export function withoutForgotten(state: State): State {
  const known = new Set(state.executors.map((each) => (each.at === 'claiming' ? each.nonce : 0)));
  const named = (claim: Claim): Claim => (known.has(claim.nonce) ? claim : { ...claim, nonce: 0 });
  let next = state;
  state.remediations.forEach(({ facts: { started } }, id) => {
    if (started && named(started).nonce !== started.nonce)
      next = withFact(next, id, 'started', named(started));
  });
  if (next.late.every((each) => each.fact !== 'started' || named(each.value) === each.value)) return next;
  const late = next.late.map((each) =>
    each.fact === 'started' ? { ...each, value: named(each.value) } : each,
  );
  return { ...next, late };
}

/** services/executor/run/run-step.ts, begin; services/executor/run/journal.ts, claim. */
export function claim(
  world: World,
  state: State,
  who: number,
  { id, nonce, withheld }: Extract<Executor, { at: 'claiming' }>,
): readonly Step[] {
  const { rules } = world;
  const own: Claim = { nonce, withheld };
  return stating(world, state, { who: `E${who}`, id, fact: 'started', value: own }, (stated, stands) => {
    const to = (next: Executor): State => withExecutor(stated, who, next);
    const stored = factsOf(state, id).started === null || !rules.factStatedOnce;
    if (!stored && stands.nonce === nonce && !rules.ownClaimKnownByNonce) {
      return harmed(
        to({ at: 'observing', id }),
        `CLAIM: the claim of ${nameOf(id)} stands, and its own run does not act`,
      );
    }
    const mine = stored || stands.nonce === nonce || !rules.onlyTheClaimerCalls;
    if (stands.withheld) return to({ at: 'withholding', id });
    if (!mine) return to({ at: 'observing', id });
    return to({ at: rules.fenceBeforeTheCall ? 'looking' : 'calling', id });
  });
}

/** services/executor/run/fence.ts, holdsAll and isHeld. The call comes later: that is the pause nobody can exclude. */
export function lookAtLeases(world: World, state: State, who: number, id: number): readonly Step[] {
  const { decided } = factsOf(state, id);
  const grants = decided?.verdict === 'approved' ? decided.grants : [];
  const leases = targetsOf(world, id).map((target) => nth(state.cells, target).lease);
  const ours = leases.every((lease) => lease?.id === id);
  const open = leases.every((lease) => !lease?.closing);
  const same = leases.every((lease, at) =>
    world.rules.fenceByEpoch ? lease?.grant === grants[at] : lease?.renewed === false,
  );
  const held = ours && same && (open || !world.rules.closingBarsTheCall);
  const next = withExecutor(state, who, { at: held ? 'calling' : 'withholding', id });
  const stopped = !held && ours && open;
  return [
    {
      label: `E${who} looks at the leases of ${nameOf(id)}: ${held ? 'held' : 'lost'}`,
      next: stopped
        ? harmed(next, `STOP: ${nameOf(id)} is not carried out although its lease is its own`)
        : next,
    },
  ];
}

export function call(world: World, state: State, who: number, id: number): readonly Step[] {
  const { calls } = nth(state.remediations, id);
  const { bound, holder } = identityOf(world, state, id);
  const called = withRemediation(state, id, { calls: calls + 1 });
  const next = withExecutor(called, who, { at: 'observing', id });
  const named = world.rules.boundActedOn ? bound : (holder ?? bound);
  const label = `E${who} calls the engine for ${nameOf(id)} on ${named}`;
  const stranger = `STRANGER: ${nameOf(id)} is carried out on a container that it was not resolved to`;
  return [{ label, next: named === bound ? next : harmed(next, stranger) }];
}

/**
 * services/executor/run/call-once.ts and observe.ts: an answer, or evidence of the effect; or it is waited for in vain,
 * which may come over anybody at any time here. What was said first stands.
 */
export function observe(world: World, state: State, who: number, id: number): readonly Step[] {
  const { effects } = nth(state.remediations, id);
  const seen = sees(world, state, id) ? verify(world, state, who, id) : [];
  const again = withExecutor(state, who, { at: 'looking', id });
  return [
    ...seen,
    ...stateExecuted(world, state, who, id, 'unknown'),
    ...(world.rules.recoveryNeverCalls || effects > 0
      ? []
      : [{ label: `E${who} sees no effect of ${nameOf(id)}`, next: again }]),
  ];
}

/** services/executor/run/observe.ts: whoever else has the name by now was started lately, too. */
function sees(world: World, state: State, id: number): boolean {
  const { bound, holder } = identityOf(world, state, id);
  const { effects, misses } = nth(state.remediations, id);
  const another = holder !== null && holder !== bound;
  return effects + misses > 0 || (another && !world.rules.evidenceOfTheBound);
}

/** services/executor/run/verify.ts. Whoever has the name now is taken to be well. */
function verify(world: World, state: State, who: number, id: number): readonly Step[] {
  const { bound, holder } = identityOf(world, state, id);
  if (holder === null) return [];
  if (holder === bound) return stateExecuted(world, state, who, id, 'recovered');
  if (world.rules.verdictOfTheBound) return stateExecuted(world, state, who, id, 'replaced');
  const harm = `OTHER: ${nameOf(id)} is said to have recovered, of which another container was looked at`;
  return stateExecuted(world, state, who, id, 'recovered').map((step) => ({
    ...step,
    next: harmed(step.next, harm),
  }));
}

export function withhold(world: World, state: State, who: number, id: number): readonly Step[] {
  return stateExecuted(world, state, who, id, 'expired');
}

function stateExecuted(world: World, state: State, who: number, id: number, value: Outcome): readonly Step[] {
  return stating(world, state, { who: `E${who}`, id, fact: 'executed', value }, (stated, stands) => {
    const outcome = world.rules.endToldFromTheLog ? stands : value;
    return withExecutor(stated, who, { at: 'finishing', id, outcome });
  });
}

/** services/executor/run/run-plan.ts; the acknowledgement follows, and one that is lost is a fault of its own. */
export function tellEnd(
  world: World,
  state: State,
  who: number,
  { id, outcome }: Extract<Executor, { at: 'finishing' }>,
): readonly Step[] {
  return stating(world, state, { who: `E${who}`, id, fact: 'finished', value: outcome }, (stated) =>
    withExecutor(withAck(stated, id, 'decided', true), who, { at: 'idle' }),
  );
}
