import { z } from 'zod';

/** Where a list goes on: a sequence, in a form that says that it is none of the caller's business. */
export function cursorOf(before: number): string {
  return Buffer.from(`before ${before}`).toString('base64url');
}

export const cursorSchema = z
  .string()
  .transform((text) => Number(/^before (\d{1,15})$/.exec(Buffer.from(text, 'base64url').toString())?.[1]))
  .pipe(z.int({ error: 'is no cursor that this list gave; begin without one' }))
  .describe('`next` of the page before.');
