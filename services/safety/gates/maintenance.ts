import { targetId } from '#libs/contracts/target';
import { fromInstant, isWithin } from '#libs/runtime/instant';
import { allowedAt, type Gate } from './gate.ts';

/** During a maintenance window people work on the target; the mesh keeps its hands off. */
export const maintenanceGate: Gate = ({ control, candidate, now }) => {
  const gate = 'maintenance';
  const id = targetId(candidate.target);
  const window = control.maintenance.find(
    (each) => isWithin(each, now) && (each.targets.length === 0 || each.targets.includes(id)),
  );
  if (!window) return { gate, pass: true, message: 'no maintenance window is on' };
  return {
    gate,
    pass: false,
    reason: 'maintenance_window',
    message: `${window.actor} set a maintenance window: ${window.reason}`,
    ...allowedAt(fromInstant(window.until), now),
  };
};
