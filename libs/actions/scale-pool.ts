import { z } from 'zod';
import type { EndpointAction } from './action.ts';
import { cannotBeSeen, postOnce, preparePost } from './post-once.ts';

const paramsSchema = z.strictObject({ size: z.int().min(1).max(10_000) });

/** Asks the target to run its connection pool with another size. What the size was before, only the target knows. */
export const scalePool: EndpointAction = {
  on: 'endpoint',
  name: 'scale-pool',
  summary: 'Set the size of the connection pool of the target, by its own endpoint.',
  params: paramsSchema,
  risk: 'medium',
  reversible: true,
  diagnostic: false,
  undoes: false,
  concerns: () => 'scale-pool',
  prepare(params) {
    const { size } = paramsSchema.parse(params);
    return preparePost({ endpoint: 'scale-pool', command: `set the pool size to ${size}`, body: { size } });
  },
  run: postOnce('The target was told its new pool size', 'kept'),
  observe: cannotBeSeen,
};
