import { attributed } from './attribution.ts';
import type { Evidence, Finding } from './evidence.ts';

/** I3: on a target one execution ends before the next one begins, by their places in the stream. */
export function noOverlap(evidence: Evidence): Finding {
  const { acts } = attributed(evidence);
  const offences = [...Map.groupBy(acts, ({ target }) => target).values()].flatMap((own) => {
    const inOrder = own.toSorted((a, b) => a.fromSequence - b.fromSequence);
    return inOrder.flatMap((act, at) => {
      const before = inOrder
        .slice(0, at)
        .find((other) => other.remediationId !== act.remediationId && other.toSequence > act.fromSequence);
      return before ? [`${act.name} began on ${act.target} before the end of ${before.name}`] : [];
    });
  });
  return { invariant: 'I3 no overlap', checked: acts.length, of: 'executions', offences };
}
