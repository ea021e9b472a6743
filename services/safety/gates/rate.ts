import { fromInstant } from '#libs/runtime/instant';
import { rateWindow } from '../budget.ts';
import { allowedAt, type Gate } from './gate.ts';

/** So many requests per endpoint and target in a sliding window, whatever becomes of them. */
export const rateGate: Gate = ({ cell, candidate, policy, now }) => {
  const gate = 'rate';
  const window = rateWindow(cell, candidate.endpoint, policy, now).filter(
    (entry) => entry.id !== candidate.id,
  );
  const oldest = window[0];
  const freeAt = (oldest ? fromInstant(oldest.at) : now) + policy.rateWindowMs;
  const numbers = {
    count: window.length,
    limit: policy.rateLimit,
    window_seconds: policy.rateWindowMs / 1_000,
    /** Until the next of the counted requests is forgotten. */
    reset_seconds: Math.max(0, Math.ceil((freeAt - now) / 1_000)),
  };
  if (window.length < policy.rateLimit || !oldest) {
    return { gate, pass: true, message: 'the rate is within its limit', numbers };
  }
  return {
    gate,
    pass: false,
    reason: 'rate_limited',
    message: `${window.length} requests to ${candidate.endpoint} for this target within ${numbers.window_seconds} seconds`,
    numbers,
    ...allowedAt(freeAt, now),
  };
};
