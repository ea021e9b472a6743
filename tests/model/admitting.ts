import { nth, withCell, withNth, withSafety } from './change.ts';
import { concluded, ending } from './ending.ts';
import type { Safety, Seen, State } from './state.ts';
import { stating } from './stating.ts';
import { factsOf, nameOf, type Step, targetsOf, type World } from './step.ts';

type Deciding = Extract<Safety, { at: 'reading' | 'looking' | 'granting' }>;

/** services/safety/admit.ts, tryAdmit: taken up, and from the start again after a conflict. */
export function admit(world: World, state: State, who: number, id: number): readonly Step[] {
  if (world.rules.cellsReadFirst) return readCell(world, state, who, { at: 'reading', id, seen: [] });
  const label = `S${who} takes requested ${nameOf(id)} and reads decided and complete`;
  const ended = endedAlready(world, state, who, id);
  return [{ label, next: ended ?? withSafety(state, who, { at: 'reading', id, seen: [] }) }];
}

/** One cell after the other; several may change between two of them. */
export function readCell(world: World, state: State, who: number, { id, seen }: Deciding): readonly Step[] {
  const targets = targetsOf(world, id);
  const target = nth(targets, seen.length);
  const read = [...seen, seenAt(state, id, target)];
  const at = read.length === targets.length ? 'looking' : 'reading';
  const label = `S${who} reads cell ${target} for ${nameOf(id)}: ${read.at(-1)?.lease}`;
  return [{ label, next: withSafety(state, who, { at, id, seen: read }) }];
}

function seenAt(state: State, id: number, target: number): Seen {
  const { lease } = nth(state.cells, target);
  if (!lease) return { target, fresh: true, lease: 'free', grant: 0 };
  if (lease.id !== id) return { target, fresh: false, lease: 'other', grant: 0 };
  return { target, fresh: false, lease: lease.closing ? 'closing' : 'mine', grant: lease.grant };
}

function endedAlready(world: World, state: State, who: number, id: number): State | undefined {
  const { complete, decided } = factsOf(state, id);
  if (complete) {
    return world.rules.settledAfterDuplicate
      ? ending(world, state, who, id, 'requested', complete)
      : withSafety(state, who, { at: 'acking', id, errand: 'requested' });
  }
  return decided ? concluded(world, state, who, id, 'requested', decided) : undefined;
}

/** Reads `decided` and `complete` in one step: each is written once, so that one read later only tells more. */
export function look(world: World, state: State, who: number, deciding: Deciding): readonly Step[] {
  const { id } = deciding;
  const I = nameOf(id);
  const ended = world.rules.cellsReadFirst ? endedAlready(world, state, who, id) : undefined;
  if (ended) return [{ label: `S${who} reads decided and complete ${I}: there`, next: ended }];
  const seen = world.rules.ownLeaseResumed ? deciding.seen : deciding.seen.map(taken);
  if (seen.some(({ lease }) => lease === 'closing')) {
    return [{ label: `S${who} puts ${I} off: it is closing`, next: withSafety(state, who, { at: 'idle' }) }];
  }
  if (seen.every(({ lease }) => lease === 'mine')) {
    const grants = seen.map(({ grant }) => grant);
    return [{ label: `S${who} resumes ${I}`, next: withSafety(state, who, { at: 'approving', id, grants }) }];
  }
  // Any gate may refuse at any time. That the request is counted against its rate is a `renewal`, and may be spared.
  const refusing = withSafety(state, who, { at: 'refusing', id, errand: 'requested' });
  const refused = { label: `S${who} decides to refuse ${I}`, next: refusing };
  const isUnresolved = factsOf(state, id).requested === 'nobody';
  if (isUnresolved || seen.some(({ lease }) => lease === 'other')) return [refused];
  const first: Safety = { at: 'approving', id, grants: seen.map(() => 1) };
  const next: Safety = world.rules.leaseBeforeVerdict ? { at: 'granting', id, seen } : first;
  return [refused, { label: `S${who} decides to approve ${I}`, next: withSafety(state, who, next) }];
}

/** As if it were not held. */
function taken(seen: Seen): Seen {
  return seen.lease === 'mine' ? { ...seen, lease: 'free', fresh: true } : seen;
}

/** services/safety/admit.ts, takeLeases; libs/bus/cell-store.ts: no answer is a conflict, whatever was stored. */
export function grant(world: World, state: State, who: number, { id, seen }: Deciding): readonly Step[] {
  const index = seen.findIndex(({ lease }) => lease === 'free');
  const { target, fresh } = nth(seen, index);
  const label = `S${who} stores the lease of ${target} for ${nameOf(id)}`;
  const again: Safety = { at: 'reading', id, seen: [] };
  if (!fresh && world.rules.leaseAtTheRevisionRead) {
    return [{ label: `${label} [conflict]`, next: withSafety(state, who, again) }];
  }
  const stored = leased(state, id, target);
  const grants = nth(nth(stored.cells, target).granted, id);
  const held = withNth<Seen>(seen, index, { target, fresh: false, lease: 'mine', grant: grants });
  const next: Safety = held.every(({ lease }) => lease === 'mine')
    ? { at: 'approving', id, grants: held.map((each) => each.grant) }
    : { at: 'granting', id, seen: held };
  const steps: Step[] = [{ label, next: withSafety(stored, who, next) }];
  if (state.faults.unheard === 0) return steps;
  const faults = { ...state.faults, unheard: state.faults.unheard - 1 };
  const late = [...state.late, { id, fact: 'lease', target, fresh } as const];
  return [
    ...steps,
    { label: `${label} [stored, no answer]`, next: withSafety({ ...stored, faults }, who, again) },
    { label: `${label} [on its way, no answer]`, next: withSafety({ ...state, faults, late }, who, again) },
  ];
}

/** services/safety/cell.ts, grantLease. */
export function leased(state: State, id: number, target: number): State {
  const { granted } = nth(state.cells, target);
  const grant = nth(granted, id) + 1;
  const lease = { id, grant, closing: false, renewed: false };
  return withCell(state, target, { lease, granted: withNth(granted, id, grant) });
}

/** services/safety/state-verdict.ts, stateVerdict. */
export function approve(
  world: World,
  state: State,
  who: number,
  { id, grants }: Extract<Safety, { at: 'approving' }>,
): readonly Step[] {
  const own = { verdict: 'approved', grants } as const;
  return stating(world, state, { who: `S${who}`, id, fact: 'decided', value: own }, (stated, stands) => {
    const leases = world.rules.leaseBeforeVerdict ? stated : leasedAtLast(world, stated, id);
    const counts = world.rules.storedVerdictStands ? stands : own;
    return concluded(world, leases, who, id, 'requested', counts);
  });
}

function leasedAtLast(world: World, state: State, id: number): State {
  const free = targetsOf(world, id).filter((target) => nth(state.cells, target).lease === null);
  return free.reduce((before, target) => leased(before, id, target), state);
}

export function refuse(
  world: World,
  state: State,
  who: number,
  { id, errand }: Extract<Safety, { at: 'refusing' }>,
): readonly Step[] {
  const fact = world.rules.oneSubjectForVerdicts ? 'decided' : 'refused';
  const own = { verdict: 'refused' } as const;
  return stating(world, state, { who: `S${who}`, id, fact, value: own }, (stated, stands) =>
    concluded(world, stated, who, id, errand, world.rules.storedVerdictStands ? stands : own),
  );
}
