import { z } from 'zod';
import type { ContainerAction } from './action.ts';
import { endEvidence, endNotes, observeEnd } from './end-of-run.ts';
import { containerCall } from './engine-port.ts';
import { makeCalls } from './make-calls.ts';
import { notApplicable, notForSwarm } from './not-applicable.ts';
import { graceNotes, graceSecondsOf, slackSeconds } from './stop-grace.ts';

const details = 'Container stopped';

/** Asks the container to end, and ends it when its grace is over. Not reversible: what it held in memory is gone. */
export const stop: ContainerAction = {
  on: 'container',
  name: 'stop',
  summary: 'Stop a container gracefully and verify that it stays stopped.',
  params: z.strictObject({}),
  risk: 'high',
  reversible: false,
  diagnostic: false,
  undoes: false,
  expects: 'exited',
  endsRun: true,

  prepare(patient) {
    const { container_id, container_name, reading } = patient;
    const swarm = notForSwarm(
      patient,
      'it would start another container in the place of a stopped one',
      (service) => `Run: docker service scale ${service}=0`,
    );
    if (swarm) return swarm;
    if (!reading.running) {
      return notApplicable(`${container_name} does not run (it is ${reading.status}); nothing to do`);
    }
    const graceSeconds = graceSecondsOf(patient);
    return {
      kind: 'ready',
      command: `docker stop --time ${graceSeconds} ${container_name}`,
      calls: [containerCall('POST', container_id, 'stop', { t: graceSeconds })],
      notes: [...graceNotes(patient), ...endNotes(patient)],
      estimated_downtime_seconds: graceSeconds,
      evidence: endEvidence(patient),
      settle_seconds: graceSeconds + slackSeconds,
    };
  },

  run: makeCalls(details),
  observe: observeEnd(details),
};
