import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testEngine, whyNoOwnEngine } from '../../libs/testing/docker-engine.ts';
import { removeLabelled } from '../../libs/testing/docker-engine-cleanup.ts';
import { startDaemon } from '../../libs/testing/docker-engine-daemon.ts';
import { openGround } from '../../libs/testing/docker-engine-ground.ts';
import { testRun } from '../../libs/testing/docker-engine-labels.ts';
import { sweepGrounds } from '../../libs/testing/docker-engine-leftovers.ts';

/** Where vitest runs, and the Docker Engine it finds there. All of it ends with the place. */
export interface Place extends AsyncDisposable {
  readonly description: string;
  /** For what the run itself writes. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  enter(argv: readonly string[]): { readonly program: string; readonly args: readonly string[] };
}

// What a person has set for a mesh or an engine of their own is not meant for the tests.
const notForTests = {
  DOCKER_TLS_VERIFY: undefined,
  DOCKER_CERT_PATH: undefined,
  DOCKER_CONTEXT: undefined,
  NATS_URL: undefined,
};

export async function openPlace(): Promise<Place> {
  const reason = await whyNoOwnEngine();
  return reason === undefined ? ownPlace() : sharedPlace(reason);
}

async function ownPlace(): Promise<Place> {
  await sweepGrounds();
  const ground = await openGround();
  const engine = await startDaemon(ground).catch(async (error: unknown) => {
    await ground[Symbol.asyncDispose]();
    throw error;
  });
  return {
    description: 'The tests run on a Docker Engine of their own.',
    folder: ground.folder,
    env: { ...notForTests, ...ground.env, DOCKER_HOST: engine.dockerHost, HEMOSTAT_TEST_RUN: testRun },
    enter: ground.enter,
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}

async function sharedPlace(reason: string): Promise<Place> {
  const { docker, dockerHost } = testEngine();
  await docker.ping().catch((error: unknown) => {
    throw new Error(
      `No Docker Engine answers at ${dockerHost} (${error}), and the tests cannot start their own: ${reason}. Start Docker, or set DOCKER_HOST.`,
    );
  });
  await removeLabelled(docker, (run) => run !== testRun && isOver(run));
  const folder = await mkdtemp(join(tmpdir(), 'hemostat-run-'));
  return {
    folder,
    description: `The tests use the engine at ${dockerHost} (one of their own: ${reason}) and touch only what they make.`,
    env: { NATS_URL: undefined, HEMOSTAT_TEST_RUN: testRun },
    enter: ([program = '', ...args]) => ({ program, args }),
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true, force: true });
      await removeLabelled(docker, (run) => run === testRun);
    },
  };
}

/** A run is named after its process. */
function isOver(run: string): boolean {
  try {
    return !process.kill(Number.parseInt(run, 10), 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}
