import { policyFrom, type SafetySettings, timingFrom } from '../../../services/safety/config.ts';
import { takeUpDuties } from '../../../services/safety/duties.ts';
import { openState } from '../../../services/safety/state.ts';
import { sign } from './keys.ts';
import type { Started } from './replica.ts';

/** A replica of safety, without what people ask of it. */
export async function startSafety({ bus }: Started, settings: SafetySettings): Promise<void> {
  const state = await openState(bus);
  takeUpDuties(bus, state, { policy: policyFrom(settings), timing: timingFrom(settings), sign });
}
