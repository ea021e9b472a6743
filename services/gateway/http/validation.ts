import { z } from 'zod';
import { parseOrProblem } from '#libs/contracts/parse';
import { Problem } from '#libs/contracts/problem';

// A member of the body is called by its name alone, as in messages over NATS.
const prefixes: Readonly<Record<string, string>> = {
  querystring: 'query',
  params: 'path',
  headers: 'headers',
};

/** For fastify: parses a part of a request by its zod schema; every bad field of it is named. */
export function validatorCompiler({ schema, httpPart }: { schema: unknown; httpPart?: string }) {
  if (!(schema instanceof z.ZodType)) throw new TypeError('a schema of a route is no zod schema');
  return (input: unknown): { value: unknown } | { error: Problem } => {
    try {
      return { value: parseOrProblem(schema, input, 'The request', prefixes[httpPart ?? ''] ?? '') };
    } catch (error) {
      if (error instanceof Problem) return { error };
      throw error;
    }
  };
}

/** For fastify: what a handler returns is what is sent; that it fits its schema is the tests' matter. */
export function serializerCompiler(): (body: unknown) => string {
  return JSON.stringify;
}
