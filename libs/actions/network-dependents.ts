import type { Patient } from './action.ts';

/** A word on the containers that lose their network when the patient ends. */
export function dependentNotes({ network_dependents: dependents }: Patient): readonly string[] {
  return dependents.length > 0
    ? [`these containers share its network and lose it: ${dependents.join(', ')}`]
    : [];
}
