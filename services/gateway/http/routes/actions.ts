import { z } from 'zod';
import { Problem } from '#libs/contracts/problem';
import { actionBody, actionBodySchema } from '../../answers/action-body.ts';
import { asSentence } from '../../answers/sentence.ts';
import type { App, RouteParts } from '../app-type.ts';
import { askFor } from '../asking.ts';
import { askingHeadersSchema } from '../asking-headers.ts';
import { problemResponses } from '../problems.ts';
import { flagQuery } from '../query.ts';

/** One of the Action Server's routes: an action on a container that the settings name. */
type ActionRoute = {
  readonly path: string;
  /** What the answer calls it. */
  readonly name: string;
  readonly operationId: string;
  readonly summary: string;
  readonly action: string;
  /** Which setting names the container. */
  readonly setting: 'TARGET_API_CONTAINER' | 'TARGET_DB_CONTAINER';
};

const routes: readonly ActionRoute[] = [
  {
    path: 'restart-target-api',
    name: 'restart_target_api',
    operationId: 'restartTargetApi',
    summary: 'Restart the container of the target API',
    action: 'restart',
    setting: 'TARGET_API_CONTAINER',
  },
  {
    path: 'restart-target-db',
    name: 'restart_target_db',
    operationId: 'restartTargetDb',
    summary: 'Restart the container of the target database',
    action: 'restart',
    setting: 'TARGET_DB_CONTAINER',
  },
];

export function actionRoutes(app: App, parts: RouteParts): void {
  const { settings } = parts;
  for (const route of routes) {
    app.post(
      `/api/v1/action/${route.path}`,
      {
        config: { scope: 'act' },
        schema: {
          tags: ['actions'],
          operationId: route.operationId,
          summary: route.summary,
          description: `Waits for the end, at most ${settings.GATEWAY_WAIT_SECONDS} s; then 202, and the work goes on. With \`dry_run\` nothing is done, and \`details\` says what would be.`,
          querystring: z.strictObject({ dry_run: flagQuery }),
          headers: askingHeadersSchema,
          body: z.strictObject({}).nullish(),
          response: { 200: actionBodySchema, 202: actionBodySchema, ...problemResponses },
        },
      },
      async (request, reply) => {
        const wish = {
          action: route.action,
          container: settings[route.setting],
          dry_run: request.query.dry_run ?? false,
        };
        const { GATEWAY_WAIT_SECONDS: patience } = settings;
        const view = await askFor(parts, request, reply, wish, patience).catch((error: unknown) => {
          throw naming(route.setting, error);
        });
        return actionBody(route.name, view);
      },
    );
  }
}

/** The caller of these routes named no container, so a wrong name is a wrong setting. */
function naming(setting: string, error: unknown): unknown {
  const misnamed =
    error instanceof Problem && (error.code === 'container_not_found' || error.code === 'ambiguous_target');
  if (!misnamed) return error;
  const detail = `${asSentence(error.message)} The name comes from the gateway's setting ${setting}; correct it there and restart the gateway.`;
  return new Problem(error.code, detail, { errors: error.errors, extras: error.extras, cause: error });
}
