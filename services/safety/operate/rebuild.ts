/**
 * Guarantee: a difference that is told stood for as long as two looks are apart. Between a fact and the cell that it
 * changes there are moments; what differs only then is none.
 */
import type { Bus } from '#libs/bus/bus';
import { type Served, serve } from '#libs/bus/rpc';
import type { Cell } from '#libs/contracts/cell';
import { canonicalJson } from '#libs/contracts/json';
import type { Difference, RebuildReply } from '#libs/contracts/replay';
import { safetyVerbs } from '#libs/contracts/rpc';
import { rpcSubject } from '#libs/contracts/subjects';
import { targetId } from '#libs/contracts/target';
import { fromInstant } from '#libs/runtime/instant';
import type { Policy } from '../policy.ts';
import { breathing } from '../replay/breathe.ts';
import { cellDifferences, controlDifferences } from '../replay/difference.ts';
import { oneAfterAnother } from '../replay/one-after-another.ts';
import { mostBytes } from '../replay/pages.ts';
import { type ReadHistory, readHistory } from '../replay/read-history.ts';
import { rebuilding } from '../replay/rebuild.ts';
import type { SafetyState } from '../state.ts';

const looksApartMs = 1_000;
const atOnce = 64;

/** Whether the cells and the controls are as the facts say. Reads, and changes nothing. */
export function rebuildVerb(bus: Bus, state: SafetyState, policy: Policy): Served {
  const one = oneAfterAnother(async ({ limit }: { readonly limit: number }): Promise<RebuildReply> => {
    const first = await look(bus, state, policy);
    if (first.differences.length === 0) return replyOf(first, [], limit);
    await bus.clock.sleep(looksApartMs);
    const second = await look(bus, state, policy);
    const before = new Set(first.differences.map((each) => canonicalJson(each)));
    const lasting = second.differences.filter((each) => before.has(canonicalJson(each)));
    return replyOf(second, lasting, limit);
  });
  return serve('rebuild', rpcSubject('safety', 'rebuild'), safetyVerbs.rebuild, one);
}

type Look = {
  readonly history: ReadHistory;
  readonly targets: number;
  readonly differences: readonly Difference[];
};

async function look(bus: Bus, state: SafetyState, policy: Policy): Promise<Look> {
  const history = await readHistory(bus);
  const world = await breathing(rebuilding(history, policy));
  const [live, control] = [await readCells(state), await state.readControl()];
  const now = bus.clock.now();
  const { fromTheBeginning, from } = history;
  const knownFrom = fromTheBeginning ? undefined : from === undefined ? now : fromInstant(from);
  const keys = [...new Set([...live.keys(), ...world.cells.keys()])];
  const differencesOf = (target: string) => {
    const ends = world.fromTheFirst.has(target) ? undefined : knownFrom;
    const known = { ends, counts: knownFrom };
    return cellDifferences(live.get(target), world.cells.get(target), policy, known, now);
  };
  const ofCells = keys.flatMap((target) => differencesOf(target).map((found) => ({ target, ...found })));
  const ofControl = controlDifferences(control, world.control(), knownFrom).map((found) => ({
    target: 'control',
    ...found,
  }));
  return { history, targets: keys.length, differences: [...ofControl, ...ofCells] };
}

async function readCells(state: SafetyState): Promise<ReadonlyMap<string, Cell>> {
  const targets = await state.targets();
  const cells = new Map<string, Cell>();
  for (let at = 0; at < targets.length; at += atOnce) {
    const some = targets.slice(at, at + atOnce);
    for (const { cell } of await Promise.all(some.map((target) => state.readCell(target)))) {
      cells.set(targetId(cell.target), cell);
    }
  }
  return cells;
}

function replyOf({ history, targets }: Look, all: readonly Difference[], limit: number): RebuildReply {
  const differences: Difference[] = [];
  let bytes = 0;
  for (const each of all) {
    bytes += Buffer.byteLength(JSON.stringify(each));
    if (differences.length === limit || (bytes > mostBytes && differences.length > 0)) break;
    differences.push(each);
  }
  return {
    same: all.length === 0,
    facts_from: history.from ?? null,
    from_the_beginning: history.fromTheBeginning,
    facts: history.facts,
    targets,
    different: all.length,
    differences,
    truncated: differences.length < all.length,
  };
}
