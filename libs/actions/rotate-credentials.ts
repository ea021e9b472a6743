import { z } from 'zod';
import type { EndpointAction } from './action.ts';
import { cannotBeSeen, postOnce, preparePost } from './post-once.ts';

const paramsSchema = z.strictObject({
  credential: z
    .string()
    .regex(/^[A-Za-z0-9_.-]{1,128}$/, { error: 'is 1 to 128 of letters, digits, "_", "." and "-"' })
    .optional(),
});

/** Asks the target to replace its credentials. The new ones stay with the target: nothing of its answer is kept. */
export const rotateCredentials: EndpointAction = {
  on: 'endpoint',
  name: 'rotate-credentials',
  summary: 'Have the target replace its credentials, by its own endpoint.',
  params: paramsSchema,
  risk: 'high',
  reversible: false,
  diagnostic: false,
  undoes: false,
  concerns: () => 'rotate-credentials',
  prepare(params) {
    const { credential } = paramsSchema.parse(params);
    const command = `rotate ${credential === undefined ? 'the credentials' : `the credential ${credential}`}`;
    const notes = ['whoever holds the old credentials loses access when the target lets them go'];
    return preparePost({
      endpoint: 'rotate-credentials',
      command,
      body: credential === undefined ? {} : { credential },
      notes,
    });
  },
  run: postOnce('The target was told to rotate its credentials', 'secret'),
  observe: cannotBeSeen,
};
