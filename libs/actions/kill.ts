import { z } from 'zod';
import type { ContainerAction, Patient } from './action.ts';
import { endEvidence, endNotes, observeEnd } from './end-of-run.ts';
import { containerCall } from './engine-port.ts';
import { comesBackAfter, isStopSignal, type KillSignal, killSignals } from './kill-signal.ts';
import { makeCalls } from './make-calls.ts';
import { notApplicable, notForSwarm } from './not-applicable.ts';
import { graceSecondsOf, slackSeconds } from './stop-grace.ts';

// Only signals that are meant to end a process: of the others nothing could show that they did what was wanted.
const paramsSchema = z.strictObject({
  signal: z.enum(killSignals).default('SIGKILL').describe('the signal that is sent to its first process'),
});
const details = 'Container killed';

/** Ends a container without the patience of `stop`. Not reversible: what it held in memory is gone. */
export const kill: ContainerAction = {
  on: 'container',
  name: 'kill',
  summary: 'Send a container a signal that ends it and verify that it stays down.',
  params: paramsSchema,
  risk: 'high',
  reversible: false,
  diagnostic: false,
  undoes: false,
  expects: 'exited',
  endsRun: true,

  prepare(patient, params) {
    const { signal } = paramsSchema.parse(params);
    const { container_id, container_name, reading } = patient;
    const swarm = notForSwarm(
      patient,
      'it would start another container in the place of a killed one',
      (service) => `Run: docker service update --force ${service}`,
    );
    if (swarm) return swarm;
    if (!reading.running) {
      return notApplicable(
        `${container_name} does not run (it is ${reading.status}); there is nothing to kill`,
      );
    }
    if (reading.paused && !isStopSignal(signal, reading.ending)) {
      const message = `${container_name} is paused and would hear of ${signal} only once it is unpaused: send SIGKILL, or ask for unpause first`;
      return notApplicable(message);
    }
    return {
      kind: 'ready',
      command: `docker kill --signal ${signal} ${container_name}`,
      calls: [containerCall('POST', container_id, 'kill', { signal })],
      notes: notesOn(patient, signal),
      estimated_downtime_seconds: 0,
      evidence: { ...endEvidence(patient), signal },
      settle_seconds: slackSeconds + (signal === 'SIGKILL' ? 0 : graceSecondsOf(patient)),
    };
  },

  run: makeCalls(details),
  observe: observeEnd(details),
};

function notesOn(patient: Patient, signal: KillSignal): readonly string[] {
  const { ending } = patient.reading;
  return [
    ...(signal === 'SIGKILL' ? [] : [`it may ignore ${signal}; then it goes on running`]),
    ...(comesBackAfter(signal, ending)
      ? [
          `its restart policy (${ending?.restart_policy}) may start it again: Docker takes only SIGKILL and its own stop signal (${ending?.stop_signal}) for a wish that it stays down`,
        ]
      : []),
    ...endNotes(patient),
  ];
}
