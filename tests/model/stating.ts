import { withFact } from './change.ts';
import type { FactName, Facts, Late, State } from './state.ts';
import { factsOf, nameOf, type Step, type World } from './step.ts';

type Stating<K extends FactName> = {
  readonly who: string;
  readonly id: number;
  readonly fact: K;
  readonly value: NonNullable<Facts[K]>;
};

/**
 * libs/bus/fact.ts, stateFact: stored, or a duplicate of what stands; or there is no answer, whether it was stored or
 * not, and the same process tries again, which it does here by staying where it is.
 */
export function stating<K extends FactName>(
  { rules }: World,
  state: State,
  { who, id, fact, value }: Stating<K>,
  then: (state: State, stands: NonNullable<Facts[K]>) => State,
): readonly Step[] {
  const label = `${who} states ${fact} ${nameOf(id)}: ${JSON.stringify(value)}`;
  const stands = rules.factStatedOnce ? factsOf(state, id)[fact] : null;
  if (stands) return [{ label: `${label} [duplicate]`, next: then(state, stands as NonNullable<Facts[K]>) }];
  const stored = withFact(state, id, fact, value);
  const steps: Step[] = [{ label, next: then(stored, value) }];
  if (state.faults.unheard === 0) return steps;
  const faults = { ...state.faults, unheard: state.faults.unheard - 1 };
  // What is sent twice before it arrives is one message less to think of.
  const late = { id, fact, value } as Late;
  return [
    ...steps,
    { label: `${label} [stored, no answer]`, next: { ...stored, faults } },
    { label: `${label} [on its way, no answer]`, next: { ...state, faults, late: [...state.late, late] } },
  ];
}
