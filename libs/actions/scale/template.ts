import { z } from 'zod';
import { labelsSchema } from '../labels.ts';

const endpointSchema = z.looseObject({
  NetworkID: z.string().nullish(),
  Aliases: z.array(z.string()).nullish(),
  Links: z.array(z.string()).nullish(),
  DriverOpts: z.record(z.string(), z.string()).nullish(),
  IPAMConfig: z
    .looseObject({
      IPv4Address: z.string().nullish(),
      IPv6Address: z.string().nullish(),
      LinkLocalIPs: z.array(z.string()).nullish(),
    })
    .nullish(),
});
export type Endpoint = z.output<typeof endpointSchema>;

/**
 * A container that others are made after, as the engine's inspection has it. What is not named here is kept, and
 * copied as it is.
 */
export const templateSchema = z.looseObject({
  Id: z.string().regex(/^[0-9a-f]{64}$/),
  Name: z.string(),
  Created: z.string().nullish(),
  /** Id of the image that it was made of. */
  Image: z.string(),
  Config: z.looseObject({
    Hostname: z.string().nullish(),
    Env: z.array(z.string()).nullish(),
    Image: z.string(),
    Labels: labelsSchema,
    Volumes: z.record(z.string(), z.unknown()).nullish(),
    ExposedPorts: z.record(z.string(), z.unknown()).nullish(),
    StopTimeout: z.int().nullish(),
  }),
  HostConfig: z.looseObject({
    NetworkMode: z.string().nullish(),
    AutoRemove: z.boolean().nullish(),
    Binds: z.array(z.string()).nullish(),
    Mounts: z
      .array(z.looseObject({ Type: z.string().nullish(), Source: z.string().nullish(), Target: z.string() }))
      .nullish(),
    PortBindings: z
      .record(z.string(), z.array(z.looseObject({ HostPort: z.string().nullish() })).nullish())
      .nullish(),
  }),
  Mounts: z
    .array(
      z.looseObject({
        Type: z.string().nullish(),
        Name: z.string().nullish(),
        Destination: z.string(),
        RW: z.boolean().nullish(),
      }),
    )
    .nullish(),
  NetworkSettings: z.looseObject({ Networks: z.record(z.string(), endpointSchema).nullish() }),
});
export type Template = z.output<typeof templateSchema>;

/** Docker gives volumes that nobody named such a name. */
export function isAnonymous(volume: string | null | undefined): boolean {
  return /^[0-9a-f]{64}$/.test(volume ?? '');
}

/** The anonymous volumes of a container, by name. */
export function anonymousVolumes({ Mounts }: Template): readonly string[] {
  return (Mounts ?? []).flatMap(({ Type, Name }) =>
    Type === 'volume' && Name && isAnonymous(Name) ? [Name] : [],
  );
}
