import type { Evidence, Finding } from './evidence.ts';
import { marksOf } from './marks.ts';
import { actsIn, remediationsOf } from './remediations.ts';

/** I7: while what the mesh stands on is out of reach, nothing begins: by its own word, nor by the engine's. */
export function nothingWhileCut(evidence: Evidence): Finding {
  const { messages, cuts, run } = evidence;
  const within = (ms: number): boolean => cuts.some(({ from, until }) => ms >= from && ms <= until);
  const started = [...remediationsOf(messages).byId.values()].flatMap(actsIn).map((act) => act.started);
  const offences = started
    .filter(({ storedAt }) => within(storedAt))
    .map(({ body }) => `${body.remediation_id} step ${body.n} began while the ground was cut off`);
  const names = new Map(run.patients.map(({ id, name }) => [id, name]));
  // The first thing that an engine tells of a stop or a restart; what it tells later may be the end of an earlier one.
  const signalled = marksOf(evidence)
    .filter(({ kind, at }) => kind === 'signal' && within(at))
    .map(({ containerId }) => `${names.get(containerId)} was signalled while the ground was cut off`);
  return {
    invariant: 'I7 nothing while cut',
    checked: cuts.length,
    of: 'cuts',
    offences: [...offences, ...signalled],
  };
}
