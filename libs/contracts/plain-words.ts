import type { z } from 'zod';

const kinds: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'a list',
  null: 'null',
};

const sizes: Readonly<Record<string, readonly [one: string, many: string]>> = {
  string: ['character', 'characters'],
  array: ['entry', 'entries'],
  object: ['member', 'members'],
};

/**
 * What zod complains of, in words that continue the name of a field. For `safeParse`: there a message of the schema's
 * own goes before it.
 */
export function plainWords(issue: z.core.$ZodRawIssue): string {
  const atBody = (issue.path ?? []).length === 0;
  if (issue.input === undefined || (atBody && issue.input === null)) return 'is missing';
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${kinds[issue.expected] ?? `of the type ${issue.expected}`}`;
    case 'invalid_value':
      return issue.values.length === 1
        ? `must be ${String(issue.values[0])}`
        : `must be one of ${issue.values.join(', ')}`;
    case 'too_big':
      return limit(issue.origin, issue.inclusive === false ? 'less than' : 'at most', issue.maximum);
    case 'too_small':
      return limit(issue.origin, issue.inclusive === false ? 'more than' : 'at least', issue.minimum);
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    case 'invalid_format':
      return issue.format === 'datetime'
        ? 'must be an instant such as 2026-01-31T12:00:00.000Z'
        : 'does not have the form that is asked for';
    case 'invalid_union':
      return 'fits none of the forms that are known';
    case 'invalid_key':
      return 'has a key that is not allowed';
    default:
      return 'is not valid';
  }
}

function limit(origin: string, bound: string, value: number | bigint): string {
  const size = sizes[origin];
  if (size === undefined) return `must be ${bound} ${value}`;
  return `must have ${bound} ${value} ${size[Number(value) === 1 ? 0 : 1]}`;
}
