import { z } from 'zod';
import type { EngineReader } from '../engine-port.ts';
import { refusedWith } from '../engine-port.ts';
import { healthConfigSchema } from '../health-config.ts';
import { type Labels, labelsSchema } from '../labels.ts';
import { listOf } from '../list-of.ts';

// All of the specification goes back to the engine with an update, so that nothing of it may be dropped.
const specSchema = z.looseObject({
  Name: z.string(),
  Labels: labelsSchema,
  Mode: z.looseObject({
    Replicated: z.looseObject({ Replicas: z.int().nullish() }).nullish(),
    Global: z.looseObject({}).nullish(),
  }),
  TaskTemplate: z.looseObject({
    ForceUpdate: z.int().nullish(),
    ContainerSpec: z
      .looseObject({
        Labels: labelsSchema,
        StopGracePeriod: z.number().nullish(),
        Healthcheck: healthConfigSchema,
      })
      .nullish(),
  }),
  UpdateConfig: z.looseObject({ Parallelism: z.int().nullish(), Order: z.string().nullish() }).nullish(),
});
export type ServiceSpec = z.output<typeof specSchema>;

export const swarmServiceSchema = z.object({
  ID: z.string().min(1),
  Version: z.object({ Index: z.int() }),
  Spec: specSchema,
  UpdateStatus: z.object({ State: z.string().nullish(), Message: z.string().nullish() }).nullish(),
});
export type SwarmService = z.output<typeof swarmServiceSchema>;

export type ServiceLook =
  | { readonly is: 'service'; readonly service: SwarmService }
  | { readonly is: 'none' }
  | { readonly is: 'no_manager' };

/** The service of exactly this name, as the Swarm knows it now. Throws what the reader throws. */
export async function readService(reader: EngineReader, name: string): Promise<ServiceLook> {
  try {
    // The filter takes beginnings of names, too.
    const filters = JSON.stringify({ name: [name] });
    const answer = await reader.read(['services'], { filters });
    // Engines that know nothing of Swarm have no such path.
    if (answer === undefined) return { is: 'no_manager' };
    const [found] = listOf(z.looseObject({ Spec: z.looseObject({ Name: z.literal(name) }) })).parse(answer);
    return found ? { is: 'service', service: swarmServiceSchema.parse(found) } : { is: 'none' };
  } catch (error) {
    if (refusedWith(error) === 503) return { is: 'no_manager' };
    throw error;
  }
}

/** All that the Swarm runs; none where the engine is no manager, or may not be asked. Throws what else the reader throws. */
export async function readServices(
  reader: EngineReader,
  leftOut?: (entry: unknown) => void,
): Promise<readonly SwarmService[]> {
  try {
    return listOf(swarmServiceSchema, leftOut).parse((await reader.read(['services'])) ?? []);
  } catch (error) {
    if (refusedWith(error) === undefined) throw error;
    return [];
  }
}

export function forceUpdateOf({ Spec }: SwarmService): number {
  return Spec.TaskTemplate.ForceUpdate ?? 0;
}

/** Undefined: the number is not ours to say, the service runs one task on every node, or is a job. */
export function replicasOf({ Spec }: SwarmService): number | undefined {
  return Spec.Mode.Replicated ? (Spec.Mode.Replicated.Replicas ?? 1) : undefined;
}

/** A label of the service, or of its containers. */
export function labelsOf({ Spec }: SwarmService): readonly Labels[] {
  const ofContainers = Spec.TaskTemplate.ContainerSpec?.Labels;
  return ofContainers ? [Spec.Labels, ofContainers] : [Spec.Labels];
}
