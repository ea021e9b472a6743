import { targetId } from '#libs/contracts/target';
import { targetsOf } from '../closing.ts';
import { firstAfter } from './first-after.ts';
import { type Happening, type History, holderOf } from './history.ts';

/** From the grant of a lease to its settling, by the places of `decided` and `complete`. */
type Span = { readonly from: number; readonly to: number };

/**
 * What happened, each decision where it looked at the cells. A lease is taken before its verdict is stated and given
 * back after the end is stated; a decision between these two stands in the stream on the other side of what it saw.
 * Its gate `busy` says what that was. Of orders and their effects only the instants tell: a decision of before stands before.
 */
export function inOrderOfSight(history: History): readonly Happening[] {
  const acts = history.happenings.filter(({ kind }) => kind === 'act');
  const spans = spansOf(history, acts);
  const placed = history.happenings.map((happening, at) => ({
    happening,
    place: placeOf(happening, at, acts, history, spans),
  }));
  const seen = placed
    .toSorted((a, b) => a.place - b.place || a.happening.sequence - b.happening.sequence)
    .map(({ happening }) => happening);
  return refusalsByInstant(seen, history);
}

/** Refusals of one target that no grant and no end parts were counted at their instants, in whatever order they were stated. */
function refusalsByInstant(seen: readonly Happening[], { requests }: History): readonly Happening[] {
  const ordered = [...seen];
  const runs = new Map<string, [number, Happening][]>();
  const flush = (key: string): void => {
    const run = runs.get(key) ?? [];
    const sorted = run.toSorted(([, a], [, b]) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
    for (const [n, [place]] of run.entries()) {
      const refusal = sorted[n];
      if (refusal) ordered[place] = refusal[1];
    }
    runs.delete(key);
  };
  for (const [place, happening] of seen.entries()) {
    const parted = partedBy(happening, requests);
    if (parted === 'all') for (const key of [...runs.keys()]) flush(key);
    else for (const key of parted) flush(key);
    const key = refusedTarget(happening, requests);
    const run = key === undefined ? undefined : runs.get(key);
    if (run) run.push([place, happening]);
    else if (key !== undefined) runs.set(key, [[place, happening]]);
  }
  for (const key of [...runs.keys()]) flush(key);
  return ordered;
}

/** The targets whose refusals before and after must not be mixed. */
function partedBy(happening: Happening, requests: History['requests']): readonly string[] | 'all' {
  if (happening.kind === 'act') return 'all';
  if (happening.kind === 'complete') return happening.complete.targets.map(targetId);
  const { id, dryRun, verdict } = happening.decision;
  const requested = requests.get(id);
  return requested && verdict === 'approved' && !dryRun ? targetsOf(requested).map(targetId) : [];
}

function refusedTarget(happening: Happening, requests: History['requests']): string | undefined {
  if (happening.kind !== 'decided') return undefined;
  const { id, judged, dryRun, verdict } = happening.decision;
  const requested = requests.get(id);
  const [first] = requested && judged && !dryRun && verdict === 'refused' ? targetsOf(requested) : [];
  return first && targetId(first);
}

type Spans = {
  readonly byId: ReadonlyMap<string, Span>;
  readonly byTarget: ReadonlyMap<string, readonly Span[]>;
};

function spansOf({ requests, happenings }: History, acts: readonly Happening[]): Spans {
  const ends = new Map(
    happenings.flatMap((each) =>
      each.kind === 'complete' ? [[each.complete.remediation_id, each.sequence] as const] : [],
    ),
  );
  const byId = new Map<string, Span>();
  const byTarget = new Map<string, Span[]>();
  for (const each of happenings) {
    if (each.kind !== 'decided' || each.decision.dryRun || each.decision.verdict !== 'approved') continue;
    const { id } = each.decision;
    const span = { from: beforeActs(each, acts), to: ends.get(id) ?? Number.POSITIVE_INFINITY };
    byId.set(id, span);
    const requested = requests.get(id);
    for (const target of requested ? targetsOf(requested) : []) {
      const spans = byTarget.get(targetId(target));
      if (spans) spans.push(span);
      else byTarget.set(targetId(target), [span]);
    }
  }
  return { byId, byTarget };
}

const justBefore = 0.5;
const besides = 0.25;

/** The place of a decision as far as acts of people are concerned: before all that were asked for after it. */
function beforeActs({ sequence, at }: Happening, acts: readonly Happening[]): number {
  let place = sequence;
  for (let n = firstAfter(acts, (act) => act.sequence, sequence) - 1; n >= 0; n -= 1) {
    const act = acts[n];
    if (!act || act.at <= at) break;
    place = act.sequence - justBefore;
  }
  return place;
}

/** A dry run looks first and is stated seconds later: before everything that happened after its instant. */
function beforeAll({ happenings }: History, index: number): number {
  const own = happenings[index];
  let place = own?.sequence ?? 0;
  for (let at = index - 1; at >= 0; at -= 1) {
    const earlier = happenings[at];
    if (!own || !earlier || earlier.at <= own.at) break;
    place = earlier.sequence - justBefore;
  }
  return place;
}

function placeOf(
  happening: Happening,
  index: number,
  acts: readonly Happening[],
  history: History,
  { byId, byTarget }: Spans,
): number {
  const { sequence } = happening;
  if (happening.kind !== 'decided') return sequence;
  const { decision } = happening;
  const requested = history.requests.get(decision.id);
  if (!requested || !decision.judged) return sequence;
  if (decision.verdict === 'approved' && !decision.dryRun) return byId.get(decision.id)?.from ?? sequence;
  const place = decision.dryRun ? beforeAll(history, index) : beforeActs(happening, acts);
  let lowest = Number.NEGATIVE_INFINITY;
  let highest = Number.POSITIVE_INFINITY;
  for (const target of targetsOf(requested)) {
    const holder = holderOf(decision, target);
    const held = holder === undefined ? undefined : byId.get(holder);
    if (held) {
      lowest = Math.max(lowest, held.from);
      highest = Math.min(highest, held.to);
    } else if (holder === undefined) {
      const standing = byTarget.get(targetId(target))?.findLast(({ from }) => from < place);
      if (standing && standing.to > place) highest = Math.min(highest, standing.from);
    }
  }
  if (place < lowest) return lowest + besides;
  return place > highest ? highest - besides : place;
}
