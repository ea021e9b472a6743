import type Docker from 'dockerode';
import type { Bus } from '#libs/bus/bus';
import { openService } from '#libs/bus/open-service';
import { startContainer, type TestContainer } from '#libs/testing/container';
import { busyboxImage } from '#libs/testing/images';
import {
  type MeshProcessesOptions,
  type ServiceName,
  startMeshProcesses,
} from '#libs/testing/mesh-processes';
import type { Run } from '../check/evidence.ts';
import { dumpStreams } from './dump-streams.ts';
import { recordEngineEvents } from './engine-events.ts';
import { type EvidenceFolder, openEvidence } from './folder.ts';
import { type Judged, judge } from './judge.ts';
import { recordReadings } from './readings.ts';
import { settled } from './settled.ts';
import { type Supervised, superviseMesh } from './supervised.ts';

/** A mesh of supervised processes, patients on a real engine, and everything about them written down. */
export interface ProofGround extends AsyncDisposable {
  readonly suite: string;
  readonly supervised: Supervised;
  readonly bus: Bus;
  readonly patients: readonly TestContainer[];
  readonly evidence: EvidenceFolder;
  /** Waits until the mesh is quiet, writes down what is left to write, and lets the checker judge. */
  judged(lastFaultAt: number): Promise<Judged>;
}

export type ProofOptions = {
  readonly suite: string;
  readonly natsUrl: string;
  readonly seed: number;
  readonly docker: Docker;
  readonly patients: number;
  readonly replicas: Readonly<Record<ServiceName, number>>;
  readonly env?: NodeJS.ProcessEnv;
} & Pick<MeshProcessesOptions, 'placeOf'>;

/** Safety lets everything through that is not busy, so that almost all is carried out. */
const lenient = {
  RESPONDER_COOLDOWN_SECONDS: '0',
  RESPONDER_MAX_RETRIES_PER_HOUR: '1000',
  HEMOSTAT_BACK_OFF_SECONDS: '0',
  HEMOSTAT_BACK_OFF_MAX_SECONDS: '0',
  HEMOSTAT_RATE_LIMIT: '10000',
};

const env = {
  ...lenient,
  HEMOSTAT_AUDIT_PER_TARGET: '100000',
  AUDIT_FILE_MAX_MIB: '10000',
  ACTION_TIMEOUT_SECONDS: '5',
  HEMOSTAT_VERIFY_POLL_MS: '200',
};

const none = { gateway: 0, safety: 0, executor: 0, verifier: 0, audit: 0 };
const endsWithinSeconds = 120;
const stopTimeoutSeconds = 1;

export async function startProofGround(options: ProofOptions): Promise<ProofGround> {
  const { docker, suite, seed, natsUrl, placeOf } = options;
  await using stack = new AsyncDisposableStack();
  const evidence = stack.use(await openEvidence(suite));
  const stop = new AbortController();
  const beside = { ...options.env, NATS_URL: natsUrl, LOG_LEVEL: 'silent' };
  const { bus } = stack.use(await openService('test', { env: beside, signal: stop.signal }));
  stack.defer(() => stop.abort());
  const image = await busyboxImage(docker);
  const patients = await Promise.all(
    Array.from({ length: options.patients }, async () =>
      stack.use(
        await startContainer(docker, {
          image,
          cmd: ['sleep', '1000000'],
          create: { StopTimeout: stopTimeoutSeconds },
        }),
      ),
    ),
  );
  const recording = stack.use(await recordEngineEvents(docker, evidence));
  const readings = stack.use(
    recordReadings(
      docker,
      patients.map(({ id }) => id),
      evidence,
    ),
  );
  const settings = { ...env, ...options.env };
  const mesh = stack.use(
    await startMeshProcesses({ natsUrl, env: settings, replicas: none, ...(placeOf ? { placeOf } : {}) }),
  );
  const supervised = await superviseMesh(mesh, options.replicas, evidence);
  await mesh.ready();
  const beganAt = Date.now();
  const owned = stack.move();
  return {
    suite,
    supervised,
    bus,
    patients,
    evidence,
    judged: async (lastFaultAt) => {
      await settled(bus, endsWithinSeconds * 1_000);
      await readings[Symbol.asyncDispose]();
      await recording[Symbol.asyncDispose]();
      await dumpStreams(bus, evidence);
      await Promise.all(mesh.processes.map((each) => each.stop()));
      await supervised.logs();
      await evidence.audit(mesh.dataDir);
      const about: Run = {
        seed,
        began_at: beganAt,
        last_fault_at: lastFaultAt,
        ends_within_seconds: endsWithinSeconds,
        settings: Object.fromEntries(
          Object.keys(lenient).map((name) => [name, String(settings[name as keyof typeof lenient])]),
        ),
        patients: patients.map(({ name, id }) => ({ name, id })),
      };
      await evidence.run(about);
      return judge(evidence.path);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
