import { z } from 'zod';
import { waitSecondsOf } from './prefer.ts';

/** The headers of whatever changes something; others pass. */
export const keyHeadersSchema = z.looseObject({
  'idempotency-key': z
    .string()
    .regex(/^[\x20-\x7e]{1,256}$/, { error: 'is 1 to 256 printable ASCII characters' })
    .optional()
    .describe(
      'Names the request: sent again with the same body it has the same answer, and no second effect.',
    ),
});

/** The headers of a request for a remediation. */
export const askingHeadersSchema = keyHeadersSchema.extend({
  prefer: z
    .string()
    .refine((text) => waitSecondsOf(text, 0) !== 'malformed', { error: 'is wait=N, N whole seconds' })
    .optional()
    .describe('`wait=N`: answer when the remediation is at its end, or after N seconds.'),
});
