import { z } from 'zod';
import { readRemediation } from '#libs/bus/remediation-record';
import { Problem } from '#libs/contracts/problem';
import { remediationIdSchema } from '#libs/contracts/scalars';
import { remediationBody, remediationBodySchema } from '../../answers/remediation-body.ts';
import { viewOf } from '../../answers/view.ts';
import { wishSchema } from '../../asking.ts';
import type { App, RouteParts } from '../app-type.ts';
import { askFor } from '../asking.ts';
import { askingHeadersSchema } from '../asking-headers.ts';
import { fromNats } from '../from-nats.ts';
import { problemResponses } from '../problems.ts';
import { noQuery } from '../query.ts';

const tags = ['remediations'];

export function remediationRoutes(app: App, parts: RouteParts): void {
  app.post(
    '/api/v1/remediations',
    {
      config: { scope: 'act' },
      // An action that there is not is refused where all refusals stand.
      attachValidation: true,
      schema: {
        tags,
        operationId: 'askForRemediation',
        summary: 'Ask for a remediation',
        description:
          'Answers 202 with the Location of the remediation at once. With `Prefer: wait=N` it waits for the end: 200 for what ran, failed included; a problem for what was refused.',
        querystring: noQuery,
        headers: askingHeadersSchema,
        body: wishSchema,
        response: { 200: remediationBodySchema, 202: remediationBodySchema, ...problemResponses },
      },
    },
    async (request, reply) => remediationBody(await askFor(parts, request, reply, request.body, 0)),
  );

  app.get(
    '/api/v1/remediations/:id',
    {
      config: { scope: 'observe' },
      schema: {
        tags,
        operationId: 'readRemediation',
        summary: 'Everything that is known of a remediation',
        querystring: noQuery,
        params: z.strictObject({ id: remediationIdSchema }),
        response: { 200: remediationBodySchema, ...problemResponses },
      },
    },
    async (request) => {
      const { bus } = parts.link.open().context;
      const record = await fromNats(readRemediation(bus, request.params.id));
      if (record) return remediationBody(viewOf(record));
      throw noSuchRemediation();
    },
  );
}

export function noSuchRemediation(): Problem {
  return new Problem('not_found', 'No remediation has this id, or it is older than the stream keeps facts.');
}
