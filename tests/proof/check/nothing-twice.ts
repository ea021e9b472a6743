import { attributed, effectsOf } from './attribution.ts';
import type { Evidence, Finding } from './evidence.ts';

/**
 * I2: a step took effect at most once, and what its own log says of that is so: done is once, not reached is never.
 * Counted by the engine's events.
 */
export function nothingTwice(evidence: Evidence): Finding {
  const { acts } = attributed(evidence);
  const offences = acts.flatMap((act) => {
    const effects = effectsOf(act);
    if (effects > 1) return [`${act.name} took effect ${effects} times`];
    if (act.status === 'success' && effects === 0) return [`${act.name} says success, and nothing happened`];
    if (act.reachedDocker === false && effects > 0) return [`${act.name} says not reached, and took effect`];
    if (act.status === 'failed' && act.marks.some(({ kind }) => kind !== 'signal'))
      return [`${act.name} says failed, and the patient was started`];
    return [];
  });
  return { invariant: 'I2 nothing twice', checked: acts.length, of: 'steps that claimed to act', offences };
}
