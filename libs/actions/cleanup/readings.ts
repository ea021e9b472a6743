import { z } from 'zod';
import { labelsSchema } from '../labels.ts';

/** What is read of the engine's answers for a cleanup. */

const texts = z
  .array(z.string())
  .nullish()
  .transform((value) => value ?? []);

export const listedContainerSchema = z.object({
  Id: z.string().regex(/^[0-9a-f]{64}$/),
  Names: texts,
  // What an image or a volume is used by, the engine knows by itself: it does not let it go.
  ImageID: z.string().catch(''),
  State: z.string().catch('unknown'),
  Labels: labelsSchema,
  Mounts: z
    .array(z.object({ Type: z.string().optional(), Name: z.string().optional() }))
    .nullish()
    .catch([])
    .transform((value) => value ?? []),
});
export type ListedContainer = z.output<typeof listedContainerSchema>;

export const inspectedContainerSchema = z.object({
  Id: z.string(),
  Name: z.string(),
  State: z.object({
    Status: z.string(),
    Running: z.boolean(),
    Paused: z.boolean(),
    Restarting: z.boolean(),
    FinishedAt: z.string(),
  }),
  Created: z.string(),
  HostConfig: z.object({
    NetworkMode: z.string().nullish(),
    IpcMode: z.string().nullish(),
    PidMode: z.string().nullish(),
    VolumesFrom: texts,
    Links: texts,
  }),
});
export type InspectedContainer = z.output<typeof inspectedContainerSchema>;

export const sizedContainerSchema = z.object({ SizeRw: z.number().min(0) });

export const listedImageSchema = z.object({
  Id: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  ParentId: z.string().nullish(),
  RepoTags: texts,
  RepoDigests: texts,
  /** Seconds since the epoch. */
  Created: z.number(),
  Size: z.number(),
  Labels: labelsSchema,
});
export type ListedImage = z.output<typeof listedImageSchema>;

export const inspectedImageSchema = z.object({
  RootFS: z.object({ Layers: texts }),
  Metadata: z.object({ LastTagTime: z.string().nullish() }).nullish(),
});
export type InspectedImage = z.output<typeof inspectedImageSchema>;

export const volumeSchema = z.object({ Name: z.string(), Labels: labelsSchema });
export type Volume = z.output<typeof volumeSchema>;

const usage = z.object({ Size: z.number() }).nullish();
export const diskUseSchema = z.object({
  Images: z.array(z.object({ Id: z.string(), Size: z.number(), SharedSize: z.number() })).nullish(),
  Volumes: z.array(z.object({ Name: z.string(), UsageData: usage })).nullish(),
});
export type DiskUse = z.output<typeof diskUseSchema>;

export const engineClockSchema = z.object({ SystemTime: z.string() });
