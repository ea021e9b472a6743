import { z } from 'zod';
import { healthConfigSchema } from '#libs/actions/health-config';
import { labelsSchema } from '#libs/actions/labels';

/** What is read of the engine's answers. It says much more, and other engines say less. */

const id = z.string().regex(/^[0-9a-f]{64}$/);
const hostConfig = z.object({ NetworkMode: z.string().optional() }).nullish();

export const summarySchema = z.object({
  Id: id,
  // Null while a container is being removed.
  Names: z
    .array(z.string())
    .nullish()
    .transform((value) => value ?? []),
  Image: z.string().catch(''),
  ImageID: z.string().optional(),
  State: z.string().catch('unknown'),
  /** Seconds since the epoch. */
  Created: z.number().catch(0),
  // Nobody knows what they forbid.
  Labels: labelsSchema.catch({ 'hemostat.protect': 'unreadable' }),
  HostConfig: hostConfig.catch(null),
});
export type ContainerSummary = z.output<typeof summarySchema>;

export const inspectionSchema = z.object({
  Id: id,
  Name: z.string(),
  State: z.object({
    Status: z.string(),
    Running: z.boolean(),
    Paused: z.boolean(),
    Restarting: z.boolean(),
    OOMKilled: z.boolean(),
    ExitCode: z.int(),
    /** Why it could not be started; empty once it was. */
    Error: z.string().nullish(),
    StartedAt: z.string(),
    FinishedAt: z.string(),
    Health: z
      .object({
        Status: z.string(),
        Log: z.array(z.object({ Output: z.string().optional() })).nullish(),
      })
      .nullish(),
  }),
  Config: z.object({
    Labels: labelsSchema,
    StopTimeout: z.int().nullish(),
    StopSignal: z.string().nullish(),
    Healthcheck: healthConfigSchema,
  }),
  HostConfig: z
    .object({
      RestartPolicy: z.object({ Name: z.string().nullish() }).nullish(),
      AutoRemove: z.boolean().nullish(),
      Memory: z.number().nullish(),
      MemorySwap: z.number().nullish(),
      NanoCpus: z.number().nullish(),
      CpuShares: z.number().nullish(),
      PidsLimit: z.number().nullish(),
    })
    .nullish(),
  NetworkSettings: z
    .object({ Networks: z.record(z.string(), z.object({ NetworkID: z.string() }).nullable()) })
    .optional()
    .catch(undefined),
});
export type ContainerInspection = z.output<typeof inspectionSchema>;
