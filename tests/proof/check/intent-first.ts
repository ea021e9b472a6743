import { attributed } from './attribution.ts';
import type { Evidence, Finding } from './evidence.ts';
import { marksOf } from './marks.ts';

/** I5: everything that was done to a patient comes after a stored intent, and before its remediation was over. */
export function intentFirst(evidence: Evidence): Finding {
  const names = new Map(evidence.run.patients.map(({ id, name }) => [id, name]));
  const offences = attributed(evidence).strays.map(
    ({ kind, containerId, at }) =>
      `${kind} of ${names.get(containerId) ?? containerId} at ${new Date(at).toISOString()} without an intent`,
  );
  return {
    invariant: 'I5 intent before effect',
    checked: marksOf(evidence).length,
    of: 'signs of an effect',
    offences,
  };
}
