import type { z } from 'zod';
import { plainWords } from './plain-words.ts';
import { type FieldError, Problem } from './problem.ts';

/** Every complaint of zod as field and message; unknown keys are named one by one. */
function fieldErrors(error: z.ZodError, prefix: string): readonly FieldError[] {
  return error.issues.flatMap((issue) => {
    const path = [prefix, ...issue.path.map(String)].filter((part) => part !== '');
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        field: [...path, key || '""'].join('.'),
        message: 'is not a known field',
      }));
    }
    return [{ field: path.join('.') || 'body', message: issue.message }];
  });
}

/** Parses what came from outside; throws the `invalid_request` problem that names every bad field. */
export function parseOrProblem<S extends z.ZodType>(
  schema: S,
  input: unknown,
  what = 'The request',
  prefix = '',
): z.output<S> {
  const parsed = schema.safeParse(input, { error: plainWords });
  if (parsed.success) return parsed.data;
  const errors = fieldErrors(parsed.error, prefix);
  const named = errors.map((each) => `${each.field}: ${each.message}`).join('; ');
  throw new Problem('invalid_request', `${what} is not valid. ${named}`, { errors });
}
