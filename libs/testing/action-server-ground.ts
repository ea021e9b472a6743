import { randomBytes } from 'node:crypto';
import { type ApiClient, apiClient } from './api-client.ts';
import { startContainer, type TestContainer } from './container.ts';
import { testEngine } from './docker-engine.ts';
import { busyboxImage } from './images.ts';
import { type MeshGround, startMeshGround } from './mesh-ground.ts';
import type { MeshProcessesOptions, ServiceProcess } from './mesh-processes.ts';
import { type PlayedEndpoint, playEndpoint } from './played-endpoint.ts';
import { until } from './until.ts';

export type Verdict = 'healthy' | 'unhealthy' | 'inconclusive';

/**
 * A mesh whose target API and database are real containers, while the health of the target, the chaos server and
 * the endpoints of HTTP actions are played.
 */
export interface ActionServerGround extends MeshGround {
  readonly api: TestContainer;
  readonly database: TestContainer;
  /** What safety calls them. The settings name the database by its Compose service. */
  readonly targets: { readonly api: string; readonly database: string };
  readonly chaos: PlayedEndpoint;
  readonly endpoint: PlayedEndpoint;
  /** One for each gateway; each holds the answers against the served document. */
  readonly clients: readonly ApiClient[];
  readonly first: ApiClient;
  /** What the target says of its health from now on; `database` once its database has been restarted. */
  script(verdicts: { readonly api: Verdict; readonly database?: Verdict }): Promise<void>;
  /** Forgets every budget, so that the next remediation may begin. */
  reset(): Promise<void>;
  /** What is left of a target's budget, once its lease is given back. */
  spent(target: string): Promise<'nothing' | 'attempt' | 'cooldown'>;
  /** How often each was restarted since the last `script`. */
  restarts(): Promise<{ readonly api: number; readonly database: number }>;
}

/** As short as can be, so that a verdict that needs its whole time costs little. */
const quick = {
  HEMOSTAT_STABILITY_SECONDS: '0.2',
  HEMOSTAT_VERIFY_TIMEOUT_SECONDS: '2',
  HEMOSTAT_VERIFY_POLL_MS: '50',
  ACTION_TIMEOUT_SECONDS: '5',
};

export type ActionServerOptions = Omit<MeshProcessesOptions, 'natsUrl'> & {
  /** Set the addresses of `scale-pool` and `rotate-credentials`. */
  readonly endpoints?: boolean;
  /** The API does not end by itself when it is told to: each restart takes these seconds. */
  readonly apiStopSeconds?: number;
};

const stubborn = ['sh', '-c', "trap '' TERM; while true; do sleep 1; done"];
export const endpointToken = 'canary-token-of-the-endpoints';

export async function startActionServerGround(
  options: ActionServerOptions = {},
): Promise<ActionServerGround> {
  const { docker } = testEngine();
  await using stack = new AsyncDisposableStack();
  const image = await busyboxImage(docker);
  const sleeping = { image, cmd: ['sleep', '1000000'] };
  const { apiStopSeconds: seconds, endpoints = false } = options;
  const slow = seconds === undefined ? {} : { cmd: stubborn, create: { StopTimeout: seconds } };
  const api = stack.use(await startContainer(docker, { ...sleeping, ...slow }));
  const project = `hemostat-test-${randomBytes(4).toString('hex')}`;
  const service = `${project}-db`;
  const labels = {
    'com.docker.compose.project': project,
    'com.docker.compose.service': service,
    'com.docker.compose.container-number': '1',
  };
  const database = stack.use(await startContainer(docker, { ...sleeping, labels }));
  const target = stack.use(await playEndpoint());
  const chaos = stack.use(await playEndpoint());
  const endpoint = stack.use(await playEndpoint());
  const env = {
    ...quick,
    TARGET_API_CONTAINER: api.name,
    TARGET_DB_CONTAINER: service,
    TARGET_SERVER_URL: target.url,
    CHAOS_SERVER_URL: chaos.url,
    ...(endpoints ? endpointSettings(endpoint.url) : {}),
    ...options.env,
  };
  const ground = stack.use(await startMeshGround({ ...options, env }));
  const clients = await Promise.all(ground.mesh.of('gateway').map(clientOf));
  const [first] = clients;
  if (!first) throw new Error('a mesh has a gateway');
  const restarts = async () => ({
    api: await ground.restartsOf(api),
    database: await ground.restartsOf(database),
  });
  let before = { api: 0, database: 0 };
  const owned = stack.move();
  return {
    ...ground,
    api,
    database,
    targets: { api: `local/container/${api.name}`, database: `local/compose/${project}/${service}/1` },
    chaos,
    endpoint,
    clients,
    first,
    script: async (verdicts) => {
      before = await restarts();
      const startedAt = async () => (await database.container.inspect()).State.StartedAt;
      const since = await startedAt();
      const now = async () =>
        verdicts.database && (await startedAt()) !== since ? verdicts.database : verdicts.api;
      for (const path of ['health', 'metrics', 'pool/status'] as const) {
        target.on(`GET /api/v1/${path}`, async () => ({ body: saying(await now())[path] }));
      }
    },
    reset: async () => {
      await first.post('/api/v1/safety/reset', { all: true, reason: 'the next test' });
    },
    restarts: async () => {
      const now = await restarts();
      return { api: now.api - before.api, database: now.database - before.database };
    },
    spent: (name) => until(`${name} is free`, () => spentOf(first, name)),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** A client of a gateway, as soon as that one is there. */
export async function clientOf({ url = '' }: ServiceProcess): Promise<ApiClient> {
  const health = () =>
    fetch(`${url}/health`).then(
      ({ ok }) => ok || undefined,
      () => undefined,
    );
  await until('the gateway is ready', health, 30_000);
  return apiClient(url);
}

type Status = {
  readonly target: string;
  readonly lease: unknown;
  readonly cooldown: unknown;
  readonly breaker: { readonly retry_count: number };
};

async function spentOf(api: ApiClient, name: string) {
  const { body } = await api.get('/api/v1/safety/status');
  const cell = body.cells.find(({ target }: Status) => target === name);
  if (!cell) return 'nothing';
  if (cell.lease) return undefined;
  if (cell.cooldown) return 'cooldown';
  return cell.breaker.retry_count > 0 ? 'attempt' : 'nothing';
}

const endpointSettings = (url: string) => ({
  SCALE_POOL_URL: `${url}/scale-pool`,
  ROTATE_CREDENTIALS_URL: `${url}/rotate-credentials`,
  TARGET_ENDPOINT_TOKEN: endpointToken,
});

const words = {
  healthy: { status: 'ok', database: 'healthy', pool: 'healthy', errors: 1.2 },
  unhealthy: { status: 'unhealthy', database: 'unhealthy', pool: 'critical', errors: 87.5 },
  inconclusive: { status: 'purple', database: 'healthy', pool: 'healthy', errors: 1.2 },
};

function saying(verdict: Verdict) {
  const { status, database, pool, errors } = words[verdict];
  return {
    health: { status, services: { database: { status: database } } },
    metrics: { application: { error_rate_percent: errors, avg_response_time_ms: 12.5 } },
    'pool/status': { pool: { pool_health: pool, pool_utilization: 42 } },
  };
}
