import type { ContainerAction } from './action.ts';

/** For `run`: makes the prepared calls in their order. `details` says in words what was done then. */
export function makeCalls(details: string): ContainerAction['run'] {
  return async ({ engine }, patient, prepared, signal) => {
    for (const call of prepared.calls) await engine.call(call, signal);
    return { details, container_id: patient.container_id };
  };
}
