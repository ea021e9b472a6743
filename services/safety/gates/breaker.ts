import { breakerAt } from '../budget.ts';
import { allowedAt, type Gate } from './gate.ts';

/** Too many attempts without effect: stop trying for a while, then let exactly one probe through. */
export const breakerGate: Gate = ({ cell, candidate, policy, now }) => {
  const gate = 'breaker';
  const view = breakerAt(cell.breaker, policy, now);
  const numbers = { state: view.state, retry_count: view.attempts.length, limit: policy.breakerLimit };
  if (view.state === 'closed') return { gate, pass: true, message: 'the circuit breaker is closed', numbers };
  if (candidate.diagnostic) {
    const message = `the circuit breaker is ${view.state.replace('_', '-')}; that stops no diagnostic`;
    return { gate, pass: true, message, numbers };
  }
  if (view.state === 'half_open') {
    return { gate, pass: true, message: 'the circuit breaker is half-open: this is the one probe', numbers };
  }
  return {
    gate,
    pass: false,
    reason: 'circuit_breaker_open',
    message: `${view.attempts.length} attempts within ${policy.breakerWindowMs / 60_000} minutes did not heal the target`,
    numbers,
    ...allowedAt(view.openUntil, now),
  };
};
