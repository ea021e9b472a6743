import { openCells } from '#libs/bus/cell-store';
import { type OpenOptions, openService } from '#libs/bus/open-service';
import { serveRpc } from '#libs/bus/rpc';
import { cellSchema } from '#libs/contracts/cell';
import { buckets } from '#libs/contracts/subjects';
import { version } from '#libs/contracts/version';
import { readConfig } from '#libs/runtime/config';
import { carryOutDecisions } from './carry-out.ts';
import { executorSettingsSchema } from './config.ts';
import { openDecisionKeys } from './decision-keys.ts';
import { openEngine } from './docker/docker-engine.ts';
import { openEndpoints } from './endpoint/endpoints.ts';
import { openInventory } from './inventory/inventory.ts';
import { openMaintenance } from './maintenance.ts';
import { executorRpc } from './verbs.ts';

/** Carries out what safety approved on one Docker Engine. Any number of replicas may run for an engine. */
export async function startExecutor(options: OpenOptions): Promise<AsyncDisposable> {
  const settings = readConfig(executorSettingsSchema, options.env);
  await using stack = new AsyncDisposableStack();
  const engine = stack.use(openEngine(settings));
  const { bus, log, health, clock, settings: mesh } = stack.use(await openService('executor', options));
  const engineName = mesh.HEMOSTAT_ENGINE;
  const inventory = stack.use(
    openInventory({
      engineName,
      engine,
      protection: { names: settings.HEMOSTAT_PROTECT, ownId: settings.HOSTNAME },
      clock,
      log,
      health,
    }),
  );
  const view = {
    engine,
    inventory,
    rules: { commands: settings.HEMOSTAT_EXEC_COMMANDS },
    maintenance: await openMaintenance(bus),
  };
  const endpoints = stack.use(
    openEndpoints(
      {
        chaos: settings.CHAOS_SERVER_URL,
        'scale-pool': settings.SCALE_POOL_URL,
        'rotate-credentials': settings.ROTATE_CREDENTIALS_URL,
      },
      settings.TARGET_ENDPOINT_TOKEN,
      clock,
    ),
  );
  const keys = stack.use(
    openDecisionKeys({
      settings: { ...settings, HEMOSTAT_DATA_DIR: mesh.HEMOSTAT_DATA_DIR },
      clock,
      log,
      health,
    }),
  );
  const stopping = new AbortController();
  const context = {
    bus,
    view,
    endpoints,
    cells: await openCells(bus, buckets.safety, cellSchema),
    engineName,
    callTimeoutMs: settings.ACTION_TIMEOUT_SECONDS * 1_000,
    stopping: stopping.signal,
  };
  stack.use(
    await serveRpc(
      bus,
      { name: 'executor', version, description: `Acts on the Docker Engine "${engineName}"` },
      executorRpc(engineName, view, endpoints, clock),
    ),
  );
  stack.use(carryOutDecisions(context, keys, mesh.HEMOSTAT_EXECUTOR_SLOTS));
  stack.defer(() => stopping.abort());
  return stack.move();
}
