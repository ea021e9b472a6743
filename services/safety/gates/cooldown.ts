import { cooldownUntil } from '../budget.ts';
import { allowedAt, type Gate } from './gate.ts';

/** After a verified remediation the target rests; what only takes an action back need not wait for that. */
export const cooldownGate: Gate = ({ cell, candidate, policy, now }) => {
  const gate = 'cooldown';
  const numbers = { cooldown_seconds: policy.cooldownMs / 1_000 };
  const until = cooldownUntil(cell, policy);
  if (until === undefined || until <= now) {
    return { gate, pass: true, message: 'the target is not cooling down', numbers };
  }
  if (candidate.diagnostic) {
    return { gate, pass: true, message: 'the target is cooling down; that stops no diagnostic', numbers };
  }
  if (candidate.undoes) {
    const message = 'the target is cooling down, but this only takes an earlier action back';
    return { gate, pass: true, message, numbers };
  }
  return {
    gate,
    pass: false,
    reason: 'cooldown_active',
    message: 'the target was remediated and is cooling down',
    numbers: { ...numbers, since: cell.cooldown?.since, remediation_id: cell.cooldown?.remediation_id },
    ...allowedAt(until, now),
  };
};
