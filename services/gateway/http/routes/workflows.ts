import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { attackIdSchema } from '#libs/actions/stop-chaos-attack';
import { Problem } from '#libs/contracts/problem';
import { recommendationFor } from '../../answers/recommendation.ts';
import { workflowBody, workflowBodySchema } from '../../answers/workflow-body.ts';
import type { App, RouteParts } from '../app-type.ts';
import { askFor } from '../asking.ts';
import { askingHeadersSchema } from '../asking-headers.ts';
import { problemResponses, retryAfterSeconds, sendProblem, toProblem } from '../problems.ts';
import { flagQuery } from '../query.ts';
import { namingSettings } from '../setting-names.ts';

// Clients in Python send an empty text for a None.
const optionalAttack = z.preprocess((text) => (text === '' ? undefined : text), attackIdSchema.optional());

/** The Action Server's workflow. Every answer, whatever its status, says `remediation_complete`, what was done, and what to do. */
export function workflowRoutes(app: App, parts: RouteParts): void {
  const { settings, log } = parts;
  app.post(
    '/api/v1/action/remediate-db-pool-exhaustion',
    {
      config: { scope: 'act' },
      schema: {
        tags: ['actions'],
        operationId: 'remediateDbPoolExhaustion',
        summary: 'Stop the attack, restart the API, verify, and escalate to the database if that is needed',
        description: `Waits for the end, at most ${settings.GATEWAY_WAIT_SECONDS} s; then 202, and the work goes on. The database is restarted only with \`escalate_to_db_restart\`, and only after the API was restarted and seen to be still unhealthy.`,
        querystring: z.strictObject({
          attack_id: optionalAttack.describe('A chaos attack to stop first.'),
          escalate_to_db_restart: flagQuery,
          dry_run: flagQuery,
        }),
        headers: askingHeadersSchema,
        body: z.strictObject({}).nullish(),
        response: { 200: workflowBodySchema, 202: workflowBodySchema, ...problemResponses },
      },
      errorHandler: (error: unknown, _request: FastifyRequest, reply: FastifyReply) =>
        sendProblem(reply, explained(toProblem(error, log))),
    },
    async (request, reply) => {
      const { attack_id, escalate_to_db_restart = false, dry_run = false } = request.query;
      const wish = {
        action: 'remediate-db-pool-exhaustion',
        params: { escalate_to_db_restart, ...(attack_id === undefined ? {} : { attack_id }) },
        dry_run,
      };
      const view = await askFor(parts, request, reply, wish, settings.GATEWAY_WAIT_SECONDS).catch(
        namingSettings('TARGET_API_CONTAINER', 'TARGET_DB_CONTAINER'),
      );
      return workflowBody('remediate_db_pool_exhaustion', view);
    },
  );
}

function explained(problem: Problem): Problem {
  const { code, message, errors, extras, cause } = problem;
  const members = {
    remediation_complete: false,
    execution_log: [],
    ...extras,
    recommendation: recommendationFor(code, retryAfterSeconds(problem)),
  };
  return new Problem(code, message, { errors, extras: members, cause });
}
