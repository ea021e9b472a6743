import type { ServiceContext } from '#libs/bus/open-service';
import { type RemediationRecord, readRemediation } from '#libs/bus/remediation-record';
import type { Plan, Step } from '#libs/contracts/plan';
import type { Target } from '#libs/contracts/target';
import { startBusGround } from './bus-ground.ts';
import { type ContainerOptions, startContainer, type TestContainer } from './container.ts';
import { countEvents } from './container-events.ts';
import { testEngine } from './docker-engine.ts';
import { aRequested, aTarget } from './examples.ts';
import { busyboxImage } from './images.ts';

/** What a test of one service with patients stands on: a NATS of its own, a client of it, and the engine of the run. */
export interface ServiceGround extends AsyncDisposable {
  readonly context: ServiceContext;
  readonly signal: AbortSignal;
  readonly dockerHost: string;
  readonly image: string;
  /** For the service under test. */
  readonly env: Readonly<Record<string, string>>;
  /** A container that sleeps, unless `options` say otherwise. */
  patient(options?: Partial<ContainerOptions>): Promise<TestContainer>;
  /** How often the engine says that this was done to the container since `since`. */
  count(patient: TestContainer, action: string, since: number): Promise<number>;
  record(id: string): Promise<RemediationRecord | undefined>;
}

export async function startServiceGround(): Promise<ServiceGround> {
  const { docker, dockerHost } = testEngine();
  await using stack = new AsyncDisposableStack();
  const bus = stack.use(await startBusGround());
  const image = await busyboxImage(docker);
  const owned = stack.move();
  return {
    context: bus.context,
    signal: bus.signal,
    dockerHost,
    image,
    env: { ...bus.env, DOCKER_HOST: dockerHost },
    patient: (options = {}) => startContainer(docker, { image, cmd: ['sleep', '1000'], ...options }),
    count: (patient, action, since) => countEvents(docker, { container: patient.id, action, since }),
    record: (id) => readRemediation(bus.context.bus, id),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** The canonical target of a container without labels. */
export function targetOf({ name }: Pick<TestContainer, 'name'>): Target {
  return aTarget(name);
}

/** A plan of one restart that is verified, changed where a test needs it. */
export function restartPlan(target: Target, ...changes: readonly Partial<Step>[]): Plan {
  const [step] = aRequested({ id: '', target }).plan?.steps ?? [];
  if (!step) throw new Error('the example has no step');
  const steps = changes.length === 0 ? [{}] : changes;
  return { runbook: 'test', steps: steps.map((change, at) => ({ ...step, n: at + 1, ...change })) };
}
