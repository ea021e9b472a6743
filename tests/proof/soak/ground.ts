import type { Bus } from '#libs/bus/bus';
import { openService } from '#libs/bus/open-service';
import { startContainer } from '#libs/testing/container';
import { testEngine } from '#libs/testing/docker-engine';
import { busyboxImage } from '#libs/testing/images';
import { type MeshProcesses, startMeshProcesses } from '#libs/testing/mesh-processes';
import { type NatsServer, startNatsServer } from '#libs/testing/nats-server';
import { until } from '#libs/testing/until';
import type { Patients } from './load.ts';

export interface SoakGround extends AsyncDisposable {
  readonly bus: Bus;
  readonly server: NatsServer;
  readonly mesh: MeshProcesses;
  readonly gatewayUrl: string;
  readonly patients: Patients;
  /** The processes whose memory is looked at, by name. */
  readonly pids: ReadonlyMap<string, number>;
}

const ofEach = 10;
/** Nobody rests but who says so itself, and what is asked of the active ones a minute stays below the limit. */
const env = {
  RESPONDER_COOLDOWN_SECONDS: '0',
  HEMOSTAT_RATE_LIMIT: '30',
  LOG_LEVEL: 'WARNING',
  HEMOSTAT_STABILITY_SECONDS: '1',
};

/** A mesh of processes with a real NATS, patients that may be acted on, and one that rests for the whole time. */
export async function openSoakGround(): Promise<SoakGround> {
  const { docker } = testEngine();
  await using stack = new AsyncDisposableStack();
  const stop = new AbortController();
  const server = stack.use(await startNatsServer());
  const clientEnv = { NATS_URL: server.url, LOG_LEVEL: 'silent' };
  const { bus } = stack.use(await openService('test', { env: clientEnv, signal: stop.signal }));
  const image = await busyboxImage(docker);
  const patient = async (labels: Record<string, string> = {}) =>
    stack.use(await startContainer(docker, { image, cmd: ['sleep', '1000000'], labels }));
  const several = () => Promise.all(Array.from({ length: ofEach }, () => patient()));
  const [restarted, examined] = [await several(), await several()];
  const resting = await patient({ 'hemostat.cooldown': '21600' });
  const mesh = stack.use(await startMeshProcesses({ natsUrl: server.url, env }));
  stack.defer(() => stop.abort());
  await mesh.ready();
  const first = { container: resting.name, action: 'restart' };
  const headers = { prefer: 'wait=60' };
  const remediated = async () => {
    const { body } = await mesh.http('POST', '/api/v1/remediations', first, headers);
    return body.outcome === 'recovered' || undefined;
  };
  await until('the resting one has been remediated', remediated, 120_000);
  const named = [...mesh.processes.map(({ service, pid }) => [service, pid] as const)];
  const pids = [...named, ['nats-server', server.pid] as const];
  const owned = stack.move();
  return {
    bus,
    server,
    mesh,
    gatewayUrl: mesh.of('gateway')[0]?.url ?? '',
    patients: { restarted, examined, resting },
    pids: new Map(pids.flatMap(([name, pid]) => (pid === undefined ? [] : [[name, pid] as const]))),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
