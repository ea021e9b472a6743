import type { Gate } from './gate.ts';

/** May this principal ask for anything at all? */
export const principalGate: Gate = ({ candidate, policy }) => {
  const gate = 'principal';
  if (!policy.deniedPrincipals.includes(candidate.principal)) {
    return { gate, pass: true, message: `${candidate.principal} may ask for this` };
  }
  return {
    gate,
    pass: false,
    reason: 'not_permitted',
    message: `${candidate.principal} is denied by HEMOSTAT_DENIED_PRINCIPALS`,
  };
};
