import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ContainerOptions, startContainer, type TestContainer } from './container.ts';
import { countEvents } from './container-events.ts';
import { testEngine } from './docker-engine.ts';
import { type Ran, type RunningCommand, runHemostat, startHemostat } from './hemostat-command.ts';
import { busyboxImage } from './images.ts';
import { startNatsServer } from './nats-server.ts';

type Mesh = AsyncDisposable & { readonly gatewayUrl: string };
export type StartMesh = (options: {
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}) => Promise<Mesh>;

/** A whole mesh in this process, with tokens, a real engine and its containers; and the command beside it. */
export interface CliGround extends AsyncDisposable {
  readonly url: string;
  /** The scope of this one is `observe` alone. */
  readonly observerToken: string;
  readonly dataDir: string;
  /** For `hemostat doctor`: where everything is. */
  readonly place: Readonly<Record<string, string>>;
  /** Runs the command as `admin`. */
  hemostat(...args: readonly string[]): Promise<Ran>;
  start(...args: readonly string[]): RunningCommand;
  /** A container that sleeps, unless `options` say otherwise. */
  patient(options?: Partial<ContainerOptions>): Promise<TestContainer>;
  /** Takes this long to stop. */
  slowPatient(seconds: number): Promise<TestContainer>;
  restartsOf(container: TestContainer): Promise<number>;
}

export async function startCliGround(startMesh: StartMesh): Promise<CliGround> {
  const { docker, dockerHost } = testEngine();
  const since = Date.now();
  const stop = new AbortController();
  const [adminToken, observerToken] = ['admin-token-of-this-test', 'observer-token-of-this-test'];
  await using stack = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), 'hemostat-cli-'));
  stack.defer(() => rm(dataDir, { recursive: true, force: true }));
  const server = stack.use(await startNatsServer());
  const image = await busyboxImage(docker);
  const place = { NATS_URL: server.url, DOCKER_HOST: dockerHost, HEMOSTAT_DATA_DIR: dataDir };
  const mesh = await startMesh({
    signal: stop.signal,
    env: {
      ...place,
      GATEWAY_PORT: '0',
      GATEWAY_TOKEN: adminToken,
      GATEWAY_TOKENS: JSON.stringify([{ principal: 'onlooker', scopes: ['observe'], token: observerToken }]),
      HEMOSTAT_STABILITY_SECONDS: '0.5',
      HEMOSTAT_VERIFY_POLL_MS: '200',
      LOG_LEVEL: 'silent',
    },
  });
  stack.use(mesh);
  stack.defer(() => stop.abort());
  const url = mesh.gatewayUrl;
  const env = { HEMOSTAT_URL: url, HEMOSTAT_TOKEN: adminToken, HEMOSTAT_DATA_DIR: dataDir };
  const patient: CliGround['patient'] = (options = {}) =>
    startContainer(docker, { image, cmd: ['sleep', '1000'], ...options });
  const owned = stack.move();
  return {
    url,
    observerToken,
    dataDir,
    place: { ...place, GATEWAY_PORT: new URL(url).port },
    hemostat: (...args) => runHemostat(args, env),
    start: (...args) => startHemostat(args, env),
    patient,
    slowPatient: (seconds) =>
      patient({
        cmd: ['sh', '-c', 'trap "" TERM; while :; do sleep 1; done'],
        create: { StopTimeout: seconds },
        hostConfig: { Init: false },
      }),
    restartsOf: ({ id }) => countEvents(docker, { container: id, action: 'restart', since }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
