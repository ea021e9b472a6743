import type { Details } from '#libs/contracts/scalars';
import type { NotApplicable, Patient } from '../action.ts';
import type { EngineReader } from '../engine-port.ts';
import { isOn } from '../labels.ts';
import { notApplicable } from '../not-applicable.ts';
import { labelsOf, readService, type SwarmService, swarmServiceSchema } from './service.ts';

/** For `survey`: what the Swarm says of the patient, when it is a service. */
export async function surveyService(reader: EngineReader, { target }: Patient): Promise<Details> {
  return { swarm: await readService(reader, target.name) };
}

/** For `prepare`: the service that was surveyed, or why nothing can be done about it. */
export function surveyedService({ target, bound, surveyed }: Patient): SwarmService | NotApplicable {
  const { name } = target;
  const look = surveyed?.swarm;
  const is = typeof look === 'object' && look !== null && 'is' in look ? look.is : 'none';
  if (is === 'no_manager') {
    return notApplicable(
      `${name} is a Swarm service, and this Docker Engine is no manager of its Swarm. Ask the executor of a manager (docker node ls there)`,
    );
  }
  const parsed = swarmServiceSchema.safeParse(
    typeof look === 'object' && look !== null && 'service' in look ? look.service : undefined,
  );
  if (!parsed.success) return notApplicable(`The Swarm knows no service ${name} (docker service ls)`);
  if (parsed.data.ID !== bound?.service?.id) {
    const message = `${name} is another service than when it was asked for: it was removed and made anew, and nothing was done. Ask again if this one is meant`;
    return notApplicable(message, 'replaced');
  }
  if (labelsOf(parsed.data).some((labels) => isOn(labels['hemostat.protect']))) {
    return notApplicable(`${name} is protected by its label hemostat.protect`);
  }
  return parsed.data;
}
