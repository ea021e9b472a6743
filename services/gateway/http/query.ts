import { z } from 'zod';
import { givenInstantSchema } from '#libs/contracts/scalars';
import { fromInstant, toInstant } from '#libs/runtime/instant';

/** For routes without query parameters: any is refused by name. */
export const noQuery = z.strictObject({});

/** true, 1, yes, on or false, 0, no, off, in any case, as clients in other languages write them. */
export const flagQuery = z
  .preprocess(
    (text) => {
      if (typeof text !== 'string') return text;
      if (/^(true|1|yes|on)$/i.test(text)) return true;
      return /^(false|0|no|off)$/i.test(text) ? false : text;
    },
    z.boolean({ error: 'is true or false' }),
  )
  .optional();

/** A timestamp in any of RFC 3339's forms. */
export const instantQuery = z
  .preprocess((text) => {
    try {
      return typeof text === 'string' ? toInstant(fromInstant(text)) : text;
    } catch {
      return text;
    }
  }, givenInstantSchema)
  .optional();

/** Any name that `namesOf` a remediation has. */
export const containerQuery = z
  .string()
  .min(1)
  .max(500)
  .optional()
  .describe('As the caller named it, by its name on the engine, or as `<engine>/<kind>/<name>`.');

export function integerQuery(min: number, max: number): z.ZodType<number | undefined> {
  return z
    .preprocess(
      (text) => (typeof text === 'string' && /^-?\d{1,9}$/.test(text) ? Number(text) : text),
      z
        .int({ error: `is a whole number from ${min} to ${max}` })
        .min(min)
        .max(max),
    )
    .optional();
}
