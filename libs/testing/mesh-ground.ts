import { publishStored, subscribe } from '#libs/bus/live';
import { openService, type ServiceContext } from '#libs/bus/open-service';
import { type RemediationRecord, readRemediation } from '#libs/bus/remediation-record';
import { type Details, detailsSchema } from '#libs/contracts/scalars';
import { completeChannel, inboxSubject } from '#libs/contracts/subjects';
import { startContainer, type TestContainer } from './container.ts';
import { countEvents } from './container-events.ts';
import { testEngine } from './docker-engine.ts';
import { busyboxImage } from './images.ts';
import { type MeshProcesses, type MeshProcessesOptions, startMeshProcesses } from './mesh-processes.ts';
import { type NatsServer, startNatsServer } from './nats-server.ts';
import { until } from './until.ts';

/** A real mesh of processes with its NATS and patients on a real engine: what a whole-mesh test stands on. */
export interface MeshGround extends AsyncDisposable {
  readonly server: NatsServer;
  readonly mesh: MeshProcesses;
  /** A client of NATS beside the mesh: a publisher, a reader. */
  readonly client: ServiceContext;
  /** Everything heard on `hemostat.remediation_complete`. */
  readonly heard: readonly Details[];
  /** A container that sleeps; `cmd` for one that behaves otherwise. */
  patient(options?: {
    readonly cmd?: readonly string[];
    readonly labels?: Record<string, string>;
    readonly stopTimeout?: number;
  }): Promise<TestContainer>;
  /** How often the engine says that it restarted the container. */
  restartsOf(container: TestContainer): Promise<number>;
  /** How often the engine tells of an event of the container: kill, die, start … */
  eventsOf(container: TestContainer, action: string): Promise<number>;
  publish(event: object): Promise<void>;
  post(body: unknown, headers?: Record<string, string>, gateway?: number): ReturnType<MeshProcesses['http']>;
  record(id: string): Promise<RemediationRecord | undefined>;
  eventOf(container: TestContainer, withinMs?: number): Promise<Details>;
}

export async function startMeshGround(
  options: Omit<MeshProcessesOptions, 'natsUrl'> = {},
): Promise<MeshGround> {
  const { docker } = testEngine();
  const since = Date.now();
  const stop = new AbortController();
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await startNatsServer());
  const image = await busyboxImage(docker);
  const env = { NATS_URL: server.url, LOG_LEVEL: 'silent' };
  const client = stack.use(await openService('test', { env, signal: stop.signal }));
  const heard: Details[] = [];
  stack.use(subscribe(client.bus, completeChannel, detailsSchema, (event) => heard.push(event)));
  const mesh = stack.use(await startMeshProcesses({ ...options, natsUrl: server.url }));
  stack.defer(() => stop.abort());
  if (options.replicas?.gateway !== 0) await mesh.ready();
  const owned = stack.move();
  return {
    server,
    mesh,
    client,
    heard,
    patient: ({ cmd = ['sleep', '1000000'], labels = {}, stopTimeout } = {}) =>
      startContainer(docker, {
        image,
        cmd,
        labels,
        ...(stopTimeout === undefined ? {} : { create: { StopTimeout: stopTimeout } }),
      }),
    restartsOf: ({ name }) => countEvents(docker, { container: name, action: 'restart', since }),
    eventsOf: ({ name }, action) => countEvents(docker, { container: name, action, since }),
    publish: (event) => publishStored(client.bus, inboxSubject, event),
    post: (body, headers = {}, gateway = 0) =>
      mesh.http('POST', '/api/v1/remediations', body, headers, gateway),
    record: (id) => readRemediation(client.bus, id),
    eventOf: ({ name }, withinMs = 30_000) =>
      until(
        `remediation_complete of ${name}`,
        () => heard.find((event) => event.container === name),
        withinMs,
      ),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
