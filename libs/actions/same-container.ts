import type { ContainerReading } from '#libs/contracts/rpc';
import type { Details } from '#libs/contracts/scalars';
import type { Observation, Patient } from './action.ts';

type Unseen = Extract<Observation, { kind: 'not_seen_yet' }>;

/**
 * What tells the patient and its run again later. The run is not called `started_at`: that would promise the verifier
 * another one.
 */
export function runEvidence({ container_id, reading }: Patient): Details {
  return { container_id, run_started_at: reading.started_at, finished_at: reading.finished_at };
}

/** The container that the evidence speaks of, as it is now; or why nothing can be seen of it. */
export function sameContainer(
  evidence: Details,
  now: ContainerReading | undefined,
): ContainerReading | Unseen {
  if (!now?.exists) return unseen('the container is gone');
  if (now.container_id !== evidence.container_id) return unseen('the container was replaced by another one');
  return now;
}

/** The same, while it is still in the run that the evidence speaks of. */
export function sameRun(evidence: Details, now: ContainerReading | undefined): ContainerReading | Unseen {
  const container = sameContainer(evidence, now);
  if ('kind' in container) return container;
  if (container.running && container.started_at === evidence.run_started_at) return container;
  return unseen(`the run that was acted upon has ended; the container is ${container.status}`);
}

export function unseen(message: string): Unseen {
  return { kind: 'not_seen_yet', message };
}
