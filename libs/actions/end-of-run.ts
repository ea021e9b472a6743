import type { ContainerAction, Patient } from './action.ts';
import { dependentNotes } from './network-dependents.ts';
import { runEvidence, sameContainer, unseen } from './same-container.ts';

/** What the two actions share that end a run: `stop` and `kill`. */

export function endNotes(patient: Patient): readonly string[] {
  const removed = patient.reading.ending?.removed === true;
  return [
    removed
      ? 'it is removed when it ends (--rm): nothing can start it again'
      : 'it stays down until it is started again',
    ...dependentNotes(patient),
  ];
}

export function endEvidence(patient: Patient): ReturnType<typeof runEvidence> {
  return { ...runEvidence(patient), removed_at_end: patient.reading.ending?.removed === true };
}

/** For `observe`: only a container that is down shows it. One that ended and runs again may have ended by itself. */
export function observeEnd(details: string): ContainerAction['observe'] {
  return (evidence, now) => {
    const container = sameContainer(evidence, now);
    if ('kind' in container) {
      return evidence.removed_at_end === true
        ? { kind: 'happened', result: { details, container_id: evidence.container_id, removed: true } }
        : container;
    }
    if (!container.running && !container.restarting) {
      const { container_id, finished_at, exit_code } = container;
      return { kind: 'happened', result: { details, container_id, finished_at, exit_code } };
    }
    return container.started_at === evidence.run_started_at
      ? unseen(`the container has not ended; it is ${container.status}`)
      : unseen('its run has ended, and another one has begun since');
  };
}
