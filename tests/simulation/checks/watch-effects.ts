import { cellSchema } from '#libs/contracts/cell';
import { requestedSchema, startedSchema } from '#libs/contracts/facts';
import type { Step } from '#libs/contracts/plan';
import { requestedSubject, targetKey } from '#libs/contracts/subjects';
import type { Target } from '#libs/contracts/target';
import type { Effect, Engine } from '../docker/engine.ts';
import type { Server } from '../nats/server.ts';
import type { World } from '../world/world.ts';

export type Watched = { readonly taken: number; readonly landed: number; readonly doubled: number };

/**
 * I2, I3 and I5, at the moment at which it matters: when the engine takes a call and when it is done. A call is taken once
 * for each step; before it stands that it was meant; and both happen while its remediation holds the target.
 */
export function watchEffects(world: World, engine: Engine, server: Server): Watched {
  const taken = new Set<string>();
  const seen = { taken: 0, landed: 0, doubled: 0 };
  engine.onEffect((effect, landed) => {
    seen[landed ? 'landed' : 'taken'] += 1;
    const name = `${effect.call} of ${effect.remediationId} by ${effect.by}`;
    const step = stepOn(server, effect);
    if (!step) return world.violated('bound', `${name} is about a container that it was not resolved to`);
    const holder = holderOf(server, step.target);
    if (holder !== effect.remediationId) {
      const when = landed ? 'took effect' : 'was taken';
      world.violated('I3', `${name} ${when} while ${holder ?? 'nobody'} held ${step.target.name}`);
    }
    if (landed) return;
    const call = `${effect.remediationId} ${effect.call}`;
    if (taken.has(call)) {
      seen.doubled += 1;
      world.violated('I2', `${name} was taken for the second time`);
    }
    taken.add(call);
    if (!intentOf(server, effect)) world.violated('I5', `nothing says that ${name} was meant`);
  });
  return seen;
}

/** The step that was resolved to the container. */
function stepOn({ facts }: Server, { remediationId, containerId }: Effect): Step | undefined {
  const requested = facts.last(requestedSubject(remediationId));
  const steps = requested && requestedSchema.parse(JSON.parse(requested.payload)).plan?.steps;
  return steps?.find(({ bound }) => bound?.containers.includes(containerId));
}

function holderOf(server: Server, target: Target): string | undefined {
  const entry = server.cells.last(targetKey(target));
  return entry && cellSchema.parse(JSON.parse(entry.payload)).lease?.id;
}

function intentOf({ facts }: Server, { remediationId, call }: Effect): boolean {
  return facts.entries.some(({ subject, payload }) => {
    if (!subject.includes(remediationId) || !subject.endsWith('.started')) return false;
    return startedSchema.parse(JSON.parse(payload)).calls.includes(call);
  });
}
