import { openService } from '#libs/bus/open-service';
import { startContainer, type TestContainer } from './container.ts';
import { testEngine } from './docker-engine.ts';
import { busyboxImage } from './images.ts';
import { type LockedNats, type LockedNatsOptions, startLockedNats } from './locked-nats.ts';
import { type MeshProcesses, startMeshProcesses } from './mesh-processes.ts';

/** A real mesh of processes, each with a key of its own and no right more than it needs, on a locked NATS. */
export interface LockedMesh extends AsyncDisposable {
  readonly nats: LockedNats;
  readonly mesh: MeshProcesses;
  /** A container that sleeps. */
  patient(): Promise<TestContainer>;
}

export async function startLockedMesh(options: LockedNatsOptions = {}): Promise<LockedMesh> {
  const { docker } = testEngine();
  await using stack = new AsyncDisposableStack();
  const nats = stack.use(await startLockedNats(options));
  const image = await busyboxImage(docker);
  const natsUrl = nats.server.url;
  const mesh = stack.use(
    await startMeshProcesses({ natsUrl, envOf: (service) => ({ NATS_NKEY_FILE: nats.keyFile(service) }) }),
  );
  // Only now: they wait for it.
  const env = { NATS_URL: natsUrl, NATS_NKEY_FILE: nats.keyFile('setup'), LOG_LEVEL: 'silent' };
  const setup = await openService('setup', { env, signal: new AbortController().signal });
  await setup[Symbol.asyncDispose]();
  await mesh.ready();
  const owned = stack.move();
  return {
    nats,
    mesh,
    patient: () => startContainer(docker, { image, cmd: ['sleep', '1000000'] }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
