import { backOffGate } from './back-off.ts';
import { breakerGate } from './breaker.ts';
import { busyGate } from './busy.ts';
import { confidenceGate } from './confidence.ts';
import { controlGate } from './control.ts';
import { cooldownGate } from './cooldown.ts';
import type { Gate } from './gate.ts';
import { labelsGate } from './labels.ts';
import { maintenanceGate } from './maintenance.ts';
import { principalGate } from './principal.ts';
import { protectedGate } from './protected.ts';
import { rateGate } from './rate.ts';

/** Every gate, in the order in which they are shown. All of them speak on every request. */
export const gates: readonly Gate[] = [
  controlGate,
  protectedGate,
  labelsGate,
  principalGate,
  confidenceGate,
  maintenanceGate,
  busyGate,
  cooldownGate,
  backOffGate,
  breakerGate,
  rateGate,
];
