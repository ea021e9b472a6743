import type { NotApplicable, Patient } from './action.ts';

/** Says why the action makes no sense for this patient, and what to do instead. */
export function notApplicable(message: string, code?: NotApplicable['code']): NotApplicable {
  return { kind: 'not_applicable', message, ...(code ? { code } : {}) };
}

/** For an action that Swarm would work against, or that is the service's own affair. Undefined: it is no Swarm service. */
export function notForSwarm(
  { target }: Patient,
  why: string,
  instead: (service: string) => string,
): NotApplicable | undefined {
  if (target.kind !== 'swarm') return undefined;
  return notApplicable(`${target.name} is a Swarm service: ${why}. ${instead(target.name)}`);
}
