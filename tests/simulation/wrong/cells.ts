import type * as cells from '../../../services/safety/cell.ts';
import type * as config from '../../../services/safety/config.ts';
import { mistake } from './which.ts';

/** The changes of a cell, as they are or with the mistake that is made just now. */
export function wrongCells(real: typeof cells): typeof cells {
  return {
    ...real,
    settleLease: (cell, complete, policy, now) => {
      const id = complete.remediation_id;
      const taken = mistake.made === 'settles leases of others' && cell.lease;
      return real.settleLease(taken ? { ...cell, lease: { ...taken, id } } : cell, complete, policy, now);
    },
    renewLease: (cell, id, deadline) => {
      const taken = mistake.made === 'renews what is closing' && cell.lease?.id === id && cell.lease;
      return real.renewLease(taken ? { ...cell, lease: { ...taken, state: 'held' } } : cell, id, deadline);
    },
    grantLease: (cell, grant, deadline, now) => {
      const same = mistake.made === 'grants an epoch twice' ? Math.max(0, cell.epoch - 1) : cell.epoch;
      return real.grantLease({ ...cell, epoch: same }, grant, deadline, now);
    },
  };
}

export function wrongTiming(real: typeof config): typeof config {
  return {
    ...real,
    timingFrom: (settings) => {
      const timing = real.timingFrom(settings);
      return mistake.made === 'waits no quarantine' ? { ...timing, quarantineMs: 0 } : timing;
    },
  };
}
