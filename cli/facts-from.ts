/** A line for an answer that was worked out from facts, when the first of them are no longer there. */
export function factsFromLines(from: {
  readonly facts_from: string | null;
  readonly from_the_beginning: boolean;
}): readonly string[] {
  if (from.from_the_beginning || from.facts_from === null) return [];
  return [`Nothing is known of the time before ${from.facts_from}: facts are kept for so long only.`];
}
