import type { Bus } from '#libs/bus/bus';
import { type Served, serve } from '#libs/bus/rpc';
import { safetyVerbs } from '#libs/contracts/rpc';
import { rpcSubject } from '#libs/contracts/subjects';
import { fittingIn } from '../fitting.ts';
import type { Policy } from '../policy.ts';
import type { SafetyState } from '../state.ts';
import { statusOf } from '../status.ts';
import { isNamed, resolveWhich } from '../which-targets.ts';

/** What the cells and the controls say now. */
export function statusVerb(bus: Bus, state: SafetyState, policy: Policy, engine: string): Served {
  return serve('status', rpcSubject('safety', 'status'), safetyVerbs.status, async (which) => {
    const targets = isNamed(which)
      ? [(await resolveWhich(bus, which, engine)).target]
      : await state.targets();
    const read = await Promise.all(targets.map((target) => state.readCell(target)));
    const now = bus.clock.now();
    const cells = read.map(({ cell, revision }) => statusOf(cell, revision, policy, now));
    return { control: await state.readControl(), ...fittingIn(cells) };
  });
}
