import type { Served } from '#libs/bus/rpc';
import type { SafetySettings } from '../config.ts';
import type { Policy } from '../policy.ts';
import type { SafetyState } from '../state.ts';
import type { ActDesk } from './carry-out.ts';
import { controlVerb } from './control.ts';
import { explainVerb } from './explain.ts';
import { rebuildVerb } from './rebuild.ts';
import { replayVerb } from './replay.ts';
import { resetVerb } from './reset.ts';
import { statusVerb } from './status.ts';

/** What people ask of safety. */
export function safetyRpc(
  desk: ActDesk,
  state: SafetyState,
  policy: Policy,
  engine: string,
  settings: SafetySettings,
): readonly Served[] {
  return [
    statusVerb(desk.bus, state, policy, engine),
    explainVerb(desk.bus, state, policy, engine),
    resetVerb(desk, state, engine),
    controlVerb(desk),
    replayVerb(desk.bus, settings),
    rebuildVerb(desk.bus, state, policy),
  ];
}
