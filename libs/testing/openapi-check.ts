import { z } from 'zod';

const responseSchema = z.object({
  content: z.record(z.string(), z.object({ schema: z.record(z.string(), z.unknown()) })).optional(),
});
const documentSchema = z.object({
  paths: z.record(
    z.string(),
    z.record(z.string(), z.looseObject({ responses: z.record(z.string(), responseSchema) })),
  ),
});

export type SeenAnswer = {
  readonly method: string;
  /** With or without a query. */
  readonly path: string;
  readonly status: number;
  readonly contentType: string | null;
  readonly body: unknown;
};

/**
 * Holds answers against a served OpenAPI document: each complaint in a line; none when it is as documented.
 * Paths that the document does not have may answer with problems only.
 */
export function openApiCheck(served: unknown): (answer: SeenAnswer) => readonly string[] {
  const { paths } = documentSchema.parse(served);
  const routes = Object.entries(paths).map(([template, operations]) => ({
    pattern: new RegExp(`^${template.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`),
    operations,
  }));
  return ({ method, path, status, contentType, body }) => {
    const where = `${method} ${path} ${status}`;
    const bare = path.split('?', 1)[0] ?? '';
    const route = routes.find(({ pattern }) => pattern.test(bare));
    const responses = route?.operations[method.toLowerCase()]?.responses;
    const media = (contentType ?? '').split(';', 1)[0] ?? '';
    if (!responses)
      return status >= 400 && media !== 'application/problem+json' ? [`${where}: no problem`] : [];
    const response = responses[String(status)] ?? responses[`${String(status).charAt(0)}XX`];
    if (!response) return [`${where}: this status is not documented`];
    if (response.content === undefined) return body === '' ? [] : [`${where}: no body is documented`];
    const schema = response.content?.[media]?.schema;
    if (!schema) return [`${where}: ${media || 'no content type'} is not documented`];
    const parsed = z.fromJSONSchema(schema).safeParse(body);
    return parsed.success ? [] : [`${where}: ${z.prettifyError(parsed.error)}`];
  };
}
