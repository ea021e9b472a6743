import fc from 'fast-check';
import type { JsonSchema } from './operations.ts';

const isSchema = (value: unknown): value is JsonSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const number = (value: unknown, otherwise: number): number => (typeof value === 'number' ? value : otherwise);

/** Values that a JSON schema allows, as far as its words are known here; what it does not say may be anything. */
export function allowedBy(schema: JsonSchema): fc.Arbitrary<unknown> {
  if ('const' in schema) return fc.constant(schema.const);
  if (Array.isArray(schema.enum)) return fc.constantFrom(...schema.enum);
  if (Array.isArray(schema.anyOf) && schema.anyOf.length > 0) {
    const { anyOf: _, ...base } = schema;
    return fc.oneof(...schema.anyOf.filter(isSchema).map((each) => allowedBy(together(base, each))));
  }
  switch (schema.type) {
    case 'string':
      return text(schema);
    case 'integer':
      return fc.integer({
        min: number(schema.minimum, -5),
        max: Math.min(2 ** 31 - 1, number(schema.maximum, 10_000)),
      });
    case 'number':
      return fc.double({ min: number(schema.minimum, -5), max: number(schema.maximum, 1e6), noNaN: true });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(isSchema(schema.items) ? allowedBy(schema.items) : fc.jsonValue(), {
        minLength: number(schema.minItems, 0),
        maxLength: Math.min(4, number(schema.maxItems, 4)),
      });
    case 'object':
      return object(schema);
    default:
      return fc.jsonValue();
  }
}

function together(base: JsonSchema, more: JsonSchema): JsonSchema {
  const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
  const members = (value: unknown): JsonSchema => (isSchema(value) ? value : {});
  return {
    ...base,
    ...more,
    properties: { ...members(base.properties), ...members(more.properties) },
    required: [...list(base.required), ...list(more.required)],
  };
}

function text(schema: JsonSchema): fc.Arbitrary<string> {
  if (schema.format === 'date-time')
    return fc
      .date({ noInvalidDate: true, min: new Date('2026-01-01'), max: new Date('2027-01-01') })
      .map((at) => at.toISOString());
  if (typeof schema.pattern === 'string') return fc.stringMatching(new RegExp(schema.pattern));
  return fc.string({
    minLength: number(schema.minLength, 0),
    maxLength: Math.min(40, number(schema.maxLength, 40)),
  });
}

function object(schema: JsonSchema): fc.Arbitrary<unknown> {
  const all = isSchema(schema.properties) ? Object.entries(schema.properties) : [];
  const members = all.filter(([, each]) => !isSchema(each) || !('not' in each));
  const known = Object.fromEntries(
    members.map(([name, each]) => [name, isSchema(each) ? allowedBy(each) : fc.jsonValue()]),
  );
  const required = Array.isArray(schema.required) ? schema.required.filter((name) => name in known) : [];
  return fc.record(known, { requiredKeys: required });
}
