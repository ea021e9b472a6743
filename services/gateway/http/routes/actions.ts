import { z } from 'zod';
import { attackIdSchema } from '#libs/actions/stop-chaos-attack';
import { actionBody, actionBodySchema } from '../../answers/action-body.ts';
import type { Wish } from '../../asking.ts';
import type { GatewaySettings } from '../../config.ts';
import type { App, RouteParts } from '../app-type.ts';
import { askFor } from '../asking.ts';
import { askingHeadersSchema } from '../asking-headers.ts';
import { problemResponses } from '../problems.ts';
import { flagQuery } from '../query.ts';
import { namingSettings } from '../setting-names.ts';

const dryRun = z.strictObject({ dry_run: flagQuery });
type Query = { readonly dry_run?: boolean | undefined; readonly attack_id?: string };

/** One of the Action Server's routes: an action on something that the settings or the query name. */
type ActionRoute = {
  readonly path: string;
  /** What the answer calls it. */
  readonly name: string;
  readonly operationId: string;
  readonly summary: string;
  readonly query: z.ZodType<Query>;
  readonly wish: (settings: GatewaySettings, query: Query) => Wish;
  /** The settings that the caller relies on. */
  readonly settings: readonly (keyof GatewaySettings)[];
};

const routes: readonly ActionRoute[] = [
  {
    path: 'restart-target-api',
    name: 'restart_target_api',
    operationId: 'restartTargetApi',
    summary: 'Restart the container of the target API',
    query: dryRun,
    wish: (settings) => ({ action: 'restart', container: settings.TARGET_API_CONTAINER }),
    settings: ['TARGET_API_CONTAINER'],
  },
  {
    path: 'restart-target-db',
    name: 'restart_target_db',
    operationId: 'restartTargetDb',
    summary: 'Restart the container of the target database',
    query: dryRun,
    wish: (settings) => ({ action: 'restart', container: settings.TARGET_DB_CONTAINER }),
    settings: ['TARGET_DB_CONTAINER'],
  },
  {
    path: 'stop-chaos-attack',
    name: 'stop_chaos_attack',
    operationId: 'stopChaosAttack',
    summary: 'Stop a chaos attack on the database pool',
    query: dryRun.extend({ attack_id: attackIdSchema }),
    wish: (_, { attack_id }) => ({ action: 'stop-chaos-attack', params: { attack_id } }),
    settings: [],
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
          querystring: route.query,
          headers: askingHeadersSchema,
          body: z.strictObject({}).nullish(),
          response: { 200: actionBodySchema, 202: actionBodySchema, ...problemResponses },
        },
      },
      async (request, reply) => {
        const wish = { ...route.wish(settings, request.query), dry_run: request.query.dry_run ?? false };
        const view = await askFor(parts, request, reply, wish, settings.GATEWAY_WAIT_SECONDS).catch(
          namingSettings(...route.settings),
        );
        return actionBody(route.name, view);
      },
    );
  }
}
