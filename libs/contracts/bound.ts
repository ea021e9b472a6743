import { z } from 'zod';

/** Ids of the engine, which never come to stand for something else. */
const containerIdSchema = z.string().regex(/^[0-9a-f]{64}$/);
const imageIdSchema = z.string().regex(/^sha256:[0-9a-f]{64}$/);

/**
 * All that a step may act on, by the ids that its request was resolved to. A name that has come to stand for something
 * else is not followed.
 */
export const boundSchema = z.strictObject({
  /** The container; of `scale_up` the one that is cloned, of `scale_down` those that go, of `cleanup` those on its list. */
  containers: z.array(containerIdSchema).max(200),
  /** A Swarm service, and the version from which on it may be changed. */
  service: z.strictObject({ id: z.string().min(1).max(64), version: z.int().min(0) }).optional(),
  /** The rest of the list of a `cleanup`. */
  images: z.array(imageIdSchema).max(200).optional(),
  volumes: z.array(z.string().min(1).max(255)).max(200).optional(),
});
export type Bound = z.infer<typeof boundSchema>;

/** The container that has the name now. */
export const replacedBySchema = z.strictObject({
  container_id: z.string(),
  container_name: z.string(),
  status: z.string(),
  running: z.boolean(),
  health: z.enum(['none', 'starting', 'healthy', 'unhealthy']),
});
export type ReplacedBy = z.infer<typeof replacedBySchema>;
