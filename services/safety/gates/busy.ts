import type { Gate } from './gate.ts';

/** One remediation at a time: the lease is held, or its end is still being found out. */
export const busyGate: Gate = ({ cell, candidate }) => {
  const gate = 'busy';
  const lease = cell.lease;
  if (!lease || lease.id === candidate.id)
    return { gate, pass: true, message: 'no other remediation holds the target' };
  return {
    gate,
    pass: false,
    reason: 'busy',
    message: `remediation ${lease.id} ${lease.state === 'held' ? 'holds the target' : 'is being closed; its effect is not known yet'}`,
    numbers: { remediation_id: lease.id, epoch: lease.epoch, deadline_at: lease.deadline_at },
  };
};
