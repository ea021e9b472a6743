import { backOffUntil } from '../budget.ts';
import { allowedAt, type Gate } from './gate.ts';

/** After an attempt that did not verify, wait; longer each time. */
export const backOffGate: Gate = ({ cell, candidate, policy, now }) => {
  const gate = 'back_off';
  const failures = cell.back_off?.failures ?? 0;
  const until = backOffUntil(cell, policy);
  if (until === undefined || until <= now) {
    return { gate, pass: true, message: 'no back-off is running', numbers: { failures } };
  }
  if (candidate.diagnostic) {
    const message = 'a back-off is running; that stops no diagnostic';
    return { gate, pass: true, message, numbers: { failures } };
  }
  return {
    gate,
    pass: false,
    reason: 'back_off_active',
    message: `the last ${failures === 1 ? 'attempt' : `${failures} attempts`} did not heal the target`,
    numbers: { failures },
    ...allowedAt(until, now),
  };
};
