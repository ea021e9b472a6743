import { type Cell, cellSchema } from '#libs/contracts/cell';
import type { Decided, Requested } from '#libs/contracts/facts';
import { canonicalJson } from '#libs/contracts/json';
import { targetKey } from '#libs/contracts/subjects';
import type { Target } from '#libs/contracts/target';
import { fromInstant } from '#libs/runtime/instant';
import { emptyCell } from '../../../services/safety/cell.ts';
import { targetsOf } from '../../../services/safety/closing.ts';
import { decide } from '../../../services/safety/decide.ts';
import type { Policy } from '../../../services/safety/policy.ts';
import { seatsOf } from '../../../services/safety/seats.ts';
import type { Server } from '../nats/server.ts';
import type { World } from '../world/world.ts';
import { recordsIn } from './facts.ts';

const freely = { kill_switch: null, maintenance: [] };

/** I4: every verdict is what the pure function says about cells that really stood, at the instant that it names. */
export function checkExplained(world: World, server: Server, policy: Policy): void {
  for (const [id, { requested, decided }] of recordsIn(server.facts)) {
    for (const verdict of decided) {
      // What is refused outright is refused without a look at any cell.
      if (verdict.gates.length === 0) continue;
      if (!isExplained(server, requested, verdict, policy)) {
        world.violated('I4', `nothing that stood explains why ${id} was ${verdict.verdict}`);
      }
    }
  }
}

function isExplained(server: Server, requested: Requested, decided: Decided, policy: Policy): boolean {
  const targets = targetsOf(requested);
  const stood = targets.map((target) => cellsOf(server, target));
  const said = canonicalJson(decided.gates);
  return instantsOf(requested, decided, stood).some((now) =>
    combinations(stood).some((cells) => {
      const read = cells.map((cell) => ({ cell, revision: 0 }));
      const verdict = decide(seatsOf(requested, targets, read), freely, policy, now);
      return canonicalJson(verdict.gates) === said;
    }),
  );
}

/** An approval carries the gates of the moment at which its first lease was taken. */
function instantsOf(
  { remediation_id: id }: Requested,
  { at }: Decided,
  stood: readonly (readonly Cell[])[],
): readonly number[] {
  const granted = stood.flat().flatMap(({ lease }) => (lease?.id === id ? [lease.granted_at] : []));
  return [...new Set([at, ...granted])].map(fromInstant);
}

/** All that ever stood about a target, the newest first. */
function cellsOf({ cells }: Server, target: Target): readonly Cell[] {
  const key = targetKey(target);
  const stored = cells.entries.flatMap(({ subject, payload }) =>
    subject === key ? [cellSchema.parse(JSON.parse(payload))] : [],
  );
  return [emptyCell(target), ...stored].toReversed();
}

function combinations(choices: readonly (readonly Cell[])[]): readonly (readonly Cell[])[] {
  return choices.reduce<readonly (readonly Cell[])[]>(
    (made, next) => made.flatMap((cells) => next.map((cell) => [...cells, cell])),
    [[]],
  );
}
