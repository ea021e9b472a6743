import { fromInstant } from '#libs/runtime/instant';
import type { Policy } from '../policy.ts';
import type { Happening, History } from './history.ts';
import { inOrderOfSight } from './order-of-sight.ts';
import { openWorld, type World } from './world.ts';

/** How many happenings are gone through between two breaths of the process. */
export const breath = 256;

/** The cells and controls as the facts say they must be. A generator, so that whoever runs it may do other things meanwhile. */
export function* rebuilding(history: History, policy: Policy): Generator<void, World> {
  const world = openWorld();
  let done = 0;
  for (const happening of inOrderOfSight(history)) {
    retell(world, history, happening, policy);
    done += 1;
    if (done % breath === 0) yield;
  }
  return world;
}

/** Lets happen what happened, whatever would be decided on it now. */
export function retell(world: World, { requests }: History, happening: Happening, policy: Policy): void {
  if (happening.kind === 'act') world.act(happening.act, happening.sequence);
  else if (happening.kind === 'complete') {
    const { complete } = happening;
    if (requests.has(complete.remediation_id)) world.settle(complete, policy);
    else world.settleUnseen(complete, policy);
  } else {
    const { id, judged, dryRun, verdict, epochs } = happening.decision;
    const requested = requests.get(id);
    if (!requested || !judged || dryRun) return;
    const at = fromInstant(happening.at);
    if (verdict === 'approved') world.grant(requested, policy, at, epochs);
    else world.count(requested, policy, at);
  }
}
