import { fromInstant } from '#libs/runtime/instant';
import { allowedAt, type Gate } from './gate.ts';

/** The kill switch: while it is on, nothing is remediated. */
export const controlGate: Gate = ({ control, now }) => {
  const gate = 'control';
  const thrown = control.kill_switch;
  const until = thrown?.until ? fromInstant(thrown.until) : undefined;
  if (!thrown || (until !== undefined && until <= now))
    return { gate, pass: true, message: 'the kill switch is off' };
  return {
    gate,
    pass: false,
    reason: 'kill_switch',
    message: `${thrown.actor} switched remediation off: ${thrown.reason}`,
    ...(until === undefined ? {} : allowedAt(until, now)),
  };
};
