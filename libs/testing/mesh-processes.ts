import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Details, detailsSchema } from '#libs/contracts/scalars';
import { freePort } from '../../demo/free-port.ts';
import { expectDocumented } from './as-documented.ts';
import { until } from './until.ts';

export const serviceNames = ['gateway', 'safety', 'executor', 'verifier', 'audit'] as const;
export type ServiceName = (typeof serviceNames)[number];

/** One process of one service, as an operator would run it. */
export interface ServiceProcess {
  readonly service: ServiceName;
  /** Of a gateway only. */
  readonly url: string | undefined;
  readonly address: string;
  readonly pid: number | undefined;
  /** What it wrote so far; JSON lines. */
  output(): string;
  /** The signal that killed it, or its exit code; undefined while it runs. */
  end(): NodeJS.Signals | number | undefined;
  kill9(): Promise<void>;
  stop(): Promise<void>;
  pause(): void;
  resume(): void;
}

export type HttpAnswer = { readonly status: number; readonly headers: Headers; readonly body: Details };

export interface MeshProcesses extends AsyncDisposable {
  readonly processes: readonly ServiceProcess[];
  readonly dataDir: string;
  start(service: ServiceName, env?: NodeJS.ProcessEnv): Promise<ServiceProcess>;
  of(service: ServiceName): readonly ServiceProcess[];
  /** Waits until a gateway says that the mesh can heal. */
  ready(): Promise<void>;
  /** One JSON request to a gateway, the first unless told. */
  http(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
    gateway?: number,
  ): Promise<HttpAnswer>;
}

export type MeshProcessesOptions = {
  readonly natsUrl: string;
  readonly env?: NodeJS.ProcessEnv;
  /** What one service gets besides. */
  readonly envOf?: (service: ServiceName) => NodeJS.ProcessEnv;
  /** How many processes of each; one unless told. */
  readonly replicas?: Partial<Record<ServiceName, number>>;
  /** Where a process of a service lives; on loopback unless told. */
  readonly placeOf?: (service: ServiceName) => Promise<ProcessPlace>;
};

/** A host to listen on, and how a program is run there, as in a room of a network. */
export type ProcessPlace = {
  readonly address: string;
  enter(argv: readonly string[]): readonly string[];
};

const loopback: ProcessPlace = { address: '127.0.0.1', enter: (argv) => argv };

const root = join(import.meta.dirname, '..', '..');

/** Short times, so that tests wait for facts and not for clocks. */
const quick = {
  HEMOSTAT_STABILITY_SECONDS: '0.5',
  HEMOSTAT_VERIFY_TIMEOUT_SECONDS: '20',
  HEMOSTAT_VERIFY_POLL_MS: '100',
  ACTION_TIMEOUT_SECONDS: '15',
  HEMOSTAT_PAUSE_SECONDS: '1',
  LOG_LEVEL: 'INFO',
  LOG_FORMAT: 'json',
};

/** Starts the mesh as separate processes with a data folder of its own. Disposing ends them all. */
export async function startMeshProcesses(options: MeshProcessesOptions): Promise<MeshProcesses> {
  const dataDir = await mkdtemp(join(tmpdir(), 'hemostat-test-mesh-'));
  const processes: ServiceProcess[] = [];
  const base = {
    // Halves what it costs to start a process.
    NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'),
    ...process.env,
    ...quick,
    NATS_URL: options.natsUrl,
    HEMOSTAT_DATA_DIR: dataDir,
    ...options.env,
  };

  const start = async (service: ServiceName, env: NodeJS.ProcessEnv = {}): Promise<ServiceProcess> => {
    const port = service === 'gateway' ? await freePort() : undefined;
    const place = (await options.placeOf?.(service)) ?? loopback;
    const { address } = place;
    const listening = port === undefined ? {} : { GATEWAY_HOST: address, GATEWAY_PORT: String(port) };
    const [program = '', ...args] = place.enter([process.execPath, join('services', service, 'main.ts')]);
    const child = spawn(program, args, {
      cwd: root,
      env: { ...base, HEMOSTAT_HEALTH_HOST: address, ...options.envOf?.(service), ...listening, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const url = port === undefined ? undefined : `http://${address}:${port}`;
    const made = toServiceProcess(service, child, url, address);
    processes.push(made);
    return made;
  };

  const mesh: MeshProcesses = {
    processes,
    dataDir,
    start,
    of: (service) => processes.filter((each) => each.service === service),
    ready: async () => {
      await until('the mesh can heal', async () => (await healthOf(mesh)) || undefined, 120_000);
    },
    http: (method, path, body, headers = {}, gateway = 0) =>
      request(mesh.of('gateway')[gateway]?.url ?? '', path, method, body, headers),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(processes.map((each) => each.stop()));
      await rm(dataDir, { recursive: true, force: true });
    },
  };
  for (const service of serviceNames) {
    for (let count = options.replicas?.[service] ?? 1; count > 0; count -= 1) await start(service);
  }
  return mesh;
}

async function healthOf(mesh: MeshProcesses): Promise<boolean> {
  return mesh.http('GET', '/health').then(
    ({ status }) => status === 200,
    () => false,
  );
}

async function request(
  url: string,
  path: string,
  method: string,
  body: unknown,
  headers: Record<string, string>,
): Promise<HttpAnswer> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const { status, headers: answered } = response;
  const document = detailsSchema.parse(await response.json());
  const contentType = answered.get('content-type');
  await expectDocumented(url, { method, path, status, contentType, body: document });
  return { status, headers: answered, body: document };
}

function toServiceProcess(
  service: ServiceName,
  child: ChildProcess,
  url: string | undefined,
  address: string,
): ServiceProcess {
  let output = '';
  const keep = (chunk: Buffer): void => {
    output += chunk.toString();
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((done) => child.once('exit', done));
    child.kill('SIGCONT');
    child.kill(signal);
    await ended;
  };
  return {
    service,
    url,
    address,
    pid: child.pid,
    output: () => output,
    end: () => child.signalCode ?? child.exitCode ?? undefined,
    kill9: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
  };
}
