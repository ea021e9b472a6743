import type { Evidence } from './evidence.ts';

/** A sign that something was really done to a patient. A restart leaves at most one of each kind. */
export type Mark = {
  readonly containerId: string;
  readonly at: number;
  readonly kind: 'signal' | 'start' | 'restart';
};

/** A start that was read off the patient is that of an event when they lie this close together. */
const sameStartMs = 1_500;

/** Every sign on every patient: as the engine told it, and starts that only the patient itself betrays. */
export function marksOf({ run, engineEvents, readings, kills }: Evidence): readonly Mark[] {
  const patients = new Set(run.patients.map(({ id }) => id));
  // Who listens again after the engine was away hears some events twice.
  const once = new Map(
    engineEvents.map((event) => [`${event.Actor.ID} ${event.timeNano} ${event.Action}`, event]),
  );
  const told = [...once.values()].flatMap(({ Action, Actor, timeNano }): readonly Mark[] => {
    const kind = kindOf(Action, Actor.Attributes.signal);
    return kind && patients.has(Actor.ID) ? [{ containerId: Actor.ID, at: timeNano / 1e6, kind }] : [];
  });
  // An engine that is started again first ends what its death left running.
  const engineAway = kills.filter(({ what }) => what === 'engine');
  const endedByEngine = ({ kind, at }: Mark): boolean =>
    kind === 'signal' && engineAway.some((kill) => kill.at <= at && at <= kill.ready_at);
  const starts = told.filter(({ kind }) => kind === 'start');
  const betrayed = readings
    .map(({ container_id: containerId, started_at: at }): Mark => ({ containerId, at, kind: 'start' }))
    .filter(
      (mark) =>
        patients.has(mark.containerId) &&
        !starts.some(
          (start) => start.containerId === mark.containerId && Math.abs(start.at - mark.at) <= sameStartMs,
        ),
    );
  return [...told.filter((mark) => !endedByEngine(mark)), ...betrayed]
    .filter(({ at }) => at >= run.began_at)
    .sort((a, b) => a.at - b.at);
}

/** The second signal of a restart, which ends what the first one did not, is no sign of its own. */
function kindOf(action: string, signal: string | undefined): Mark['kind'] | undefined {
  if (action === 'restart' || action === 'start') return action;
  return action === 'kill' && signal !== '9' ? 'signal' : undefined;
}
