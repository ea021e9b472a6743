import { z } from 'zod';
import type { Runbook } from '#libs/runbooks/runbook';

type Form = Readonly<Record<string, unknown>>;

const never = { not: {} };
const has = (...names: readonly string[]): Form => ({ required: names });

/**
 * For the API's document: what `askOf` and `wishSchema` want beyond the single members, as JSON schema has it. Of each
 * action what it takes, and what goes together.
 */
export function wishForm(runbooks: readonly Runbook[]): Form {
  return {
    anyOf: runbooks.map(formOf),
    dependentSchemas: { override: { ...has('reason'), properties: { reason: { pattern: '\\S' } } } },
  };
}

function formOf({ name, summary, params, container, insteadOfContainer = [] }: Runbook): Form {
  const { $schema: _, required = [], properties = {}, ...rest } = z.toJSONSchema(params, { io: 'input' });
  const { command } = properties;
  const inParams = { ...has('params'), properties: { params: has(...required) } };
  const where = { anyOf: insteadOfContainer.map((each) => has(each)) };
  const together = [
    ...(command ? [{ oneOf: [has('command'), inParams] }] : []),
    ...(!command && !params.safeParse({}).success ? [inParams] : []),
    ...(container === 'optional'
      ? [{ anyOf: [has('container'), { ...has('params'), properties: { params: where } }] }]
      : []),
  ];
  return {
    title: name,
    description: summary,
    properties: {
      action: { const: name },
      params: { ...rest, properties, title: name, description: summary },
      command: command ?? never,
      ...(container === 'implied' ? { container: never } : {}),
    },
    ...has('action', ...(container === 'named' ? ['container'] : [])),
    ...(together.length > 0 ? { allOf: together } : {}),
  };
}
