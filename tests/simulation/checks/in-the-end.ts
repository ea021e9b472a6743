import { cellSchema } from '#libs/contracts/cell';
import type { Complete } from '#libs/contracts/facts';
import { targetKey } from '#libs/contracts/subjects';
import { type Target, targetId } from '#libs/contracts/target';
import type { Server } from '../nats/server.ts';
import type { World } from '../world/world.ts';
import { type Record, recordsIn } from './facts.ts';
import type { Settlement } from './watch-cells.ts';

export type Ended = { readonly accepted: number; readonly lost: number; readonly unfinished: number };

/** I1, and that every end was settled as it says, once, and told. */
export function checkEnds(world: World, server: Server, settlements: readonly Settlement[]): Ended {
  const records = recordsIn(server.facts);
  const told = server.results.entries;
  const ended = { accepted: records.size, lost: 0, unfinished: 0 };
  for (const [id, record] of records) {
    const ends = endsOf(record);
    if (ends !== 1) {
      ended.lost += 1;
      world.violated('I1', `${id} has ${ends} ends`);
    }
    if (record.complete.length > 0 && record.finished.length === 0) ended.unfinished += 1;
    if (!told.some(({ payload }) => payload.includes(id))) world.violated('told', `nobody was told of ${id}`);
    for (const complete of record.complete) checkSettled(world, complete, settlements);
  }
  const keys = new Set(server.cells.entries.map(({ subject }) => subject));
  for (const key of keys) {
    const entry = server.cells.last(key);
    const lease = entry && key.startsWith('target.') && cellSchema.parse(JSON.parse(entry.payload)).lease;
    if (lease) world.violated('lease', `${key} is held by ${lease.id} for ever`);
  }
  return ended;
}

function endsOf({ decided, complete }: Record): number {
  return complete.length + decided.filter(({ verdict }) => verdict !== 'approved').length;
}

/** Exactly once on each target, and by what the fact says of it. */
function checkSettled(world: World, complete: Complete, settlements: readonly Settlement[]): void {
  for (const target of complete.targets) {
    const key = targetKey(target);
    const here = settlements.filter((each) => each.id === complete.remediation_id && each.key === key);
    const [settled, ...more] = here;
    const expected = effectOn(target, complete);
    if (!settled || more.length > 0) {
      world.violated('settled', `${complete.remediation_id} was settled ${here.length} times on ${key}`);
    } else if (settled.spent !== (expected === 'failed') || settled.healed !== (expected === 'healed')) {
      world.violated('budget', `${complete.remediation_id} should have ${expected} ${key}`);
    }
  }
}

/** Written down anew, not called from the code that is checked. */
function effectOn(
  target: Target,
  { effects, outcome, reached_docker }: Complete,
): 'healed' | 'failed' | 'left' {
  if (effects) {
    const effect = effects.find((each) => targetId(each.target) === targetId(target));
    if (!effect) return 'left';
    return effect.verified ? 'healed' : 'failed';
  }
  if (outcome === 'recovered') return 'healed';
  const isAttempt = ['failed', 'ineffective', 'inconclusive', 'unknown'].includes(outcome);
  return isAttempt && reached_docker ? 'failed' : 'left';
}
