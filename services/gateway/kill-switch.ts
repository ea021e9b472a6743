import type { Control } from '#libs/contracts/cell';
import { rpcSubject } from '#libs/contracts/subjects';
import type { PartState } from '#libs/runtime/health';
import { fromInstant } from '#libs/runtime/instant';

const wish = '{"kill_switch":"off","actor":"you","reason":"why"}';

/** For whoever meets the kill switch and may lift it. */
export const howToLift = `Lift it with POST /api/v1/safety/control {"kill_switch":"off","reason":"why"}, or nats req ${rpcSubject('safety', 'control')} '${wish}'.`;

/** The kill switch as a part of the mesh's health: while it is on, nothing is healed, because somebody wants it so. */
export function killSwitchPart({ kill_switch: thrown }: Control, now: number): PartState {
  if (!thrown || (thrown.until !== null && fromInstant(thrown.until) <= now)) return { ok: true };
  const end = thrown.until === null ? '' : ` It ends by itself at ${thrown.until}.`;
  return {
    ok: false,
    cause: `remediation is switched off by ${thrown.actor}: ${thrown.reason}`,
    remedy: `${howToLift}${end}`,
  };
}
