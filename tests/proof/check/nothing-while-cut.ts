import type { Evidence, Finding } from './evidence.ts';
import { actsIn, remediationsOf } from './remediations.ts';

/** I7: while what the mesh stands on is out of reach, nothing begins: by its own word, nor by the engine's. */
export function nothingWhileCut({ messages, cuts, engineEvents }: Evidence): Finding {
  const within = (ms: number): boolean => cuts.some(({ from, until }) => ms >= from && ms <= until);
  const started = [...remediationsOf(messages).byId.values()].flatMap(actsIn).map((act) => act.started);
  const offences = started
    .filter(({ storedAt }) => within(storedAt))
    .map(({ body }) => `${body.remediation_id} step ${body.n} began while the ground was cut off`);
  // The first thing that an engine tells of a stop or a restart.
  const signalled = engineEvents
    .filter(({ Action, timeNano }) => Action === 'kill' && within(timeNano / 1e6))
    .map(({ Actor }) => `${Actor.ID.slice(0, 12)} was signalled while the ground was cut off`);
  return {
    invariant: 'I7 nothing while cut',
    checked: cuts.length,
    of: 'cuts',
    offences: [...offences, ...signalled],
  };
}
