import type { Evidence, Finding } from './evidence.ts';
import { actsIn, remediationsOf } from './remediations.ts';

/** I7: while what the mesh stands on is out of reach, nothing begins. */
export function nothingWhileCut({ messages, cuts }: Evidence): Finding {
  const started = [...remediationsOf(messages).byId.values()].flatMap(actsIn).map((act) => act.started);
  const offences = started
    .filter(({ storedAt }) => cuts.some(({ from, until }) => storedAt >= from && storedAt <= until))
    .map(({ body }) => `${body.remediation_id} step ${body.n} began while the ground was cut off`);
  return { invariant: 'I7 nothing while cut', checked: cuts.length, of: 'cuts', offences };
}
