/**
 * Guarantee: of a service changes only what forces its tasks to be replaced, or their number; and only from the
 * version that the guard has compared with, since the engine takes no other.
 */
import { z } from 'zod';
import { protectedBy } from '#libs/actions/protection';
import { withReplicas } from '#libs/actions/scale/scale-swarm';
import { wishFor } from '#libs/actions/scale/wish';
import { forcedSpec } from '#libs/actions/swarm/restart-service';
import {
  labelsOf,
  replicasOf,
  type ServiceSpec,
  type SwarmService,
  swarmServiceSchema,
} from '#libs/actions/swarm/service';
import { canonicalJson } from '#libs/contracts/json';
import { unbound } from '../mandate.ts';
import { missing, refuse, type Verdict } from '../verdict.ts';
import type { Check } from '../world.ts';
import { barred } from './container.ts';

const countSchema = z.object({
  Mode: z.object({ Replicated: z.object({ Replicas: z.int().min(0).max(1_000) }) }),
});

export const mayUpdateService: Check = async (
  { names, query, body, mandate },
  { eye, engineName, protection },
) => {
  const answer = await eye.read(['services', names.service ?? '']);
  if (answer === undefined) return missing(`service: ${names.service}`);
  const service = swarmServiceSchema.parse(answer);
  const { Name } = service.Spec;
  const identity = {
    target: { engine: engineName, kind: 'swarm' as const, name: Name },
    name: Name,
    service: Name,
  };
  const reasons = labelsOf(service).map((labels) => protectedBy(identity, '', labels, protection));
  const reason = reasons.find((each) => each !== null);
  if (reason) return barred(Name, reason);
  const isBound = mandate.bounds.some(
    ({ service: bound }) => bound?.id === service.ID && service.Version.Index >= bound.version,
  );
  if (!isBound) return unbound(mandate, `the service ${Name} (${service.ID.slice(0, 12)})`);
  if (query.version !== String(service.Version.Index)) {
    return { kind: 'answered', status: 500, message: 'update out of sequence' };
  }
  const sent = canonicalJson(body);
  const forced = forcedSpec(service);
  if (canonicalJson(forced) === sent) return { kind: 'pass', body: forced };
  return scaled(service, body, sent);
};

function scaled(service: SwarmService, body: unknown, sent: string): Verdict {
  const now = replicasOf(service);
  const wanted = countSchema.safeParse(body).data?.Mode.Replicated.Replicas;
  const spec: ServiceSpec | undefined =
    now === undefined || wanted === undefined ? undefined : withReplicas(service, wanted);
  if (now === undefined || wanted === undefined || canonicalJson(spec) !== sent) {
    return refuse(
      `of the service ${service.Spec.Name} only ForceUpdate + 1 and the number of replicas are changed here`,
      'change the service by hand (docker service update)',
    );
  }
  const direction = wanted > now ? 'up' : 'down';
  const asked = { name: service.Spec.Name, now, labels: labelsOf(service) };
  const wish = wishFor(direction, { replicas: wanted }, asked);
  return 'refusal' in wish
    ? refuse(wish.refusal, 'change the label, or scale by hand')
    : { kind: 'pass', body: { ...spec } };
}
