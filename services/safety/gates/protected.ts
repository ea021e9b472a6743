import type { Gate } from './gate.ts';

/** Some targets are never touched: the mesh itself, NATS, and what its owner labelled. */
export const protectedGate: Gate = ({ candidate }) => {
  const gate = 'protected';
  if (candidate.protectedBy === null) return { gate, pass: true, message: 'the target is not protected' };
  return {
    gate,
    pass: false,
    reason: 'protected_target',
    message: `the target is protected by ${candidate.protectedBy}`,
  };
};
