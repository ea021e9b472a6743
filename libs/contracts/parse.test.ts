import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { parseOrProblem } from './parse.ts';
import { Problem } from './problem.ts';

function complaint(schema: z.ZodType, value: unknown): string | undefined {
  try {
    parseOrProblem(z.strictObject({ it: schema }), { it: value });
  } catch (error) {
    if (error instanceof Problem) return error.errors[0]?.message;
    throw error;
  }
  return undefined;
}

describe('what is wrong with a request', () => {
  it.each([
    ['is missing', z.string(), undefined],
    ['is missing', z.enum(['on', 'off']), undefined],
    ['must be a text', z.string(), 5],
    ['must be a number', z.number(), '5'],
    ['must be a whole number', z.int(), 1.5],
    ['must be true or false', z.boolean(), 'yes'],
    ['must be an object', z.strictObject({}), null],
    ['must be an object', z.record(z.string(), z.unknown()), 1],
    ['must be a list', z.array(z.string()), {}],
    ['must be one of on, off', z.enum(['on', 'off']), 'up'],
    ['must be at most 1', z.number().max(1), 2],
    ['must be at least 0', z.number().min(0), -1],
    ['must be more than 0', z.number().positive(), 0],
    ['must have at least 1 character', z.string().min(1), ''],
    ['must have at most 2 entries', z.array(z.string()).max(2), ['a', 'b', 'c']],
    ['words of its own', z.string().regex(/^a$/, 'words of its own'), 'b'],
    ['words of its own', z.string({ error: 'words of its own' }), 5],
  ])('%s', (message, schema, value) => {
    expect(complaint(schema, value)).toBe(message);
  });

  it('is told of unknown fields by their names, and with a prefix where one is given', () => {
    const parse = () => parseOrProblem(z.strictObject({}), { a: 1, b: 2 }, 'The request', 'params');
    expect(parse).toThrow('params.a: is not a known field; params.b: is not a known field');
  });

  it('is told also of a field whose name is empty', () => {
    expect(() => parseOrProblem(z.strictObject({}), { '': 1 })).toThrow('"": is not a known field');
  });
});
