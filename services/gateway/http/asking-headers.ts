import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { invalidField } from '#libs/contracts/problem';
import { waitSecondsOf } from './prefer.ts';

const name = 'idempotency-key';

/** The headers of whatever changes something; others pass. */
export const keyHeadersSchema = z.looseObject({
  [name]: z
    .string()
    .regex(/^[\x20-\x7e]{1,256}$/, { error: 'is 1 to 256 printable ASCII characters' })
    .optional()
    .describe(
      'Names the request: sent again with the same body it has the same answer, and no second effect.',
    ),
});

/** The caller's key. Throws for two that differ: Node shows them as one. */
export function keyOf({ raw: { rawHeaders } }: FastifyRequest): string | undefined {
  const values = rawHeaders.filter((_, at) => rawHeaders[at - 1]?.toLowerCase() === name && at % 2 === 1);
  const [key, another] = new Set(values);
  if (another === undefined) return key;
  throw invalidField(`headers.${name}`, 'stands twice, and not the same');
}

/** The headers of a request for a remediation. */
export const askingHeadersSchema = keyHeadersSchema.extend({
  prefer: z
    .string()
    .refine((text) => waitSecondsOf(text, 0) !== 'malformed', { error: 'is wait=N, N whole seconds' })
    .optional()
    .describe('`wait=N`: answer when the remediation is at its end, or after N seconds.'),
});
