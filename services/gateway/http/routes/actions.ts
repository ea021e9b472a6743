import { z } from 'zod';
import { actionBody, actionBodySchema } from '../../answers/action-body.ts';
import type { GatewaySettings } from '../../config.ts';
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
  readonly summary: string;
  readonly action: string;
  readonly container: (settings: GatewaySettings) => string;
};

const routes: readonly ActionRoute[] = [
  {
    path: 'restart-target-api',
    name: 'restart_target_api',
    summary: 'Restart the container of the target API',
    action: 'restart',
    container: (settings) => settings.TARGET_API_CONTAINER,
  },
  {
    path: 'restart-target-db',
    name: 'restart_target_db',
    summary: 'Restart the container of the target database',
    action: 'restart',
    container: (settings) => settings.TARGET_DB_CONTAINER,
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
          container: route.container(settings),
          dry_run: request.query.dry_run ?? false,
        };
        const view = await askFor(parts, request, reply, wish, settings.GATEWAY_WAIT_SECONDS);
        return actionBody(route.name, view);
      },
    );
  }
}
