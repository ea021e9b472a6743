import type { State } from './state.ts';

/** A state with the parts that it is made of, and their numbers. */
export type Numbered = {
  readonly state: State;
  readonly parts: readonly object[];
  readonly numbers: readonly number[];
  /** The same for equal states, and for those that differ in the order of their replicas only. */
  readonly key: string;
};

/**
 * States are made of parts that come again and again: each different part gets a number, and a state is a short word
 * of numbers. What a state shares with the one before it is not looked at again.
 */
export function numbering(): (state: State, before?: Numbered) => Numbered {
  const known = new Map<string, number>();
  const numberOf = (part: object): number => {
    const text = JSON.stringify(part);
    const number = known.get(text) ?? known.size;
    if (number > 0xffff) throw new Error('there are more different parts of states than numbers for them');
    known.set(text, number);
    return number;
  };
  return (state, before) => {
    const { remediations, cells, names, safety, executors, gateways, faults, late, inbox, harm } = state;
    const parts = [...remediations, ...cells, ...names, faults, late, ...safety, ...executors, ...gateways];
    const numbers = parts.map((part, at) =>
      part === before?.parts[at] ? (before.numbers[at] ?? 0) : numberOf(part),
    );
    const word = [...numbers];
    let at = remediations.length + cells.length + names.length + 2;
    for (const { length } of [safety, executors, gateways]) {
      if (length > 1) word.splice(at, length, ...numbers.slice(at, at + length).sort((a, b) => a - b));
      at += length;
    }
    return { state, parts, numbers, key: String.fromCharCode(...word, inbox ? 1 : 0, harm === null ? 0 : 1) };
  };
}
