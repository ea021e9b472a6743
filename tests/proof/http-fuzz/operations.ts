import { z } from 'zod';

const schemaSchema = z.record(z.string(), z.unknown());
export type JsonSchema = z.infer<typeof schemaSchema>;

const operationSchema = z.looseObject({
  parameters: z
    .array(z.looseObject({ in: z.enum(['path', 'query', 'header']), name: z.string(), schema: schemaSchema }))
    .default([]),
  requestBody: z
    .looseObject({ content: z.record(z.string(), z.looseObject({ schema: schemaSchema })) })
    .optional(),
});
const documentSchema = z.object({ paths: z.record(z.string(), z.record(z.string(), operationSchema)) });

export type Operation = {
  readonly method: string;
  readonly template: string;
  readonly parameters: z.infer<typeof operationSchema>['parameters'];
  readonly body: JsonSchema | undefined;
};

/** Everything that a served OpenAPI document says can be asked. */
export function operationsOf(served: unknown): readonly Operation[] {
  return Object.entries(documentSchema.parse(served).paths).flatMap(([template, methods]) =>
    Object.entries(methods).map(([method, { parameters, requestBody }]) => ({
      method: method.toUpperCase(),
      template,
      parameters,
      body: requestBody?.content['application/json']?.schema,
    })),
  );
}
