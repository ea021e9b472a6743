import type { Gate } from './gate.ts';

/** The owner of a target may allow some actions only. Labels that nobody can read allow none. */
export const labelsGate: Gate = ({ candidate: { limits, actions } }) => {
  const gate = 'labels';
  if (limits?.unreadable !== undefined) {
    const message = `nothing is done to a target whose labels cannot be read: ${limits.unreadable}; correct the label`;
    return { gate, pass: false, reason: 'forbidden_by_label', message };
  }
  const allowed = limits?.actions;
  if (!allowed) return { gate, pass: true, message: 'its labels forbid no action' };
  const forbidden = actions.filter((action) => !allowed.some((name) => alike(name) === alike(action)));
  const numbers = { allowed };
  if (forbidden.length === 0) return { gate, pass: true, message: 'its labels allow this action', numbers };
  return {
    gate,
    pass: false,
    reason: 'forbidden_by_label',
    message: `its label hemostat.actions allows ${allowed.length === 0 ? 'no action' : `only ${allowed.join(', ')}`}, not ${forbidden.join(', ')}`,
    numbers,
  };
};

function alike(name: string): string {
  return name.replaceAll('_', '-');
}
